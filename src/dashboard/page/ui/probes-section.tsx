import type { JSX } from 'preact';
import type { ApiModuleState, ApiProbe } from '../../api.ts';
import { formatCount, formatDecimal, formatNanoseconds, formatShare } from '../number-format.ts';
import { modulePath } from './api-client.ts';
import { DataTable, type Column } from './data-table.tsx';
import { useAction, usePage } from './page-context.ts';

/** Probes with their hits and what they cost. */
export function ProbesSection(props: { readonly state: ApiModuleState }): JSX.Element {
  const { session, module, readOnly } = usePage();
  const act = useAction();
  const { probes } = props.state;
  const totalNs = probes.reduce((sum, probe) => sum + costNs(probe), 0);
  const post = (verb: 'pause' | 'resume', done: string): void =>
    void act(done, () => session.client.fetch(modulePath(module, verb), { method: 'POST' }));
  return (
    <DataTable
      caption="Probes"
      columns={[...(readOnly ? [onColumn] : [switchColumn]), ...factColumns, ...costColumns(totalNs)]}
      rows={probes}
      rowKey={({ index }) => String(index)}
      tools={
        !readOnly && (
          <>
            <button type="button" onClick={() => post('pause', 'All probes are off.')}>
              Pause all
            </button>
            <button type="button" onClick={() => post('resume', 'Probes are on again.')}>
              Resume all
            </button>
            <span class="hint">
              {probes.filter(({ on }) => on).length} of {probes.length} on
            </span>
          </>
        )
      }
    />
  );
}

const onColumn: Column<ApiProbe> = { title: 'on', key: ({ on }) => (on ? 'on' : 'off') };

const switchColumn: Column<ApiProbe> = {
  title: 'on',
  key: ({ on }) => (on ? 1 : 0),
  cell: (probe) => <ProbeSwitch probe={probe} />,
};

const factColumns: readonly Column<ApiProbe>[] = [
  { title: 'probe', key: ({ point }) => point, cell: ({ point }) => <code class="point">{point}</code> },
  { title: 'hits', isNumeric: true, key: ({ hits }) => hits },
  {
    title: 'hits/s',
    isNumeric: true,
    key: () => undefined,
    cell: (probe) => <HitsPerSecond probe={probe} />,
  },
];

function costColumns(totalNs: number): Column<ApiProbe>[] {
  const time = (ns: number | undefined): string => (ns === undefined ? '' : formatNanoseconds(ns));
  return [
    { title: 'average', isNumeric: true, key: ({ avgNs }) => avgNs, cell: ({ avgNs }) => time(avgNs) },
    { title: 'longest', isNumeric: true, key: ({ maxNs }) => maxNs, cell: ({ maxNs }) => time(maxNs) },
    { title: 'total', isNumeric: true, key: costNs, cell: (probe) => time(costNs(probe) || undefined) },
    { title: 'share', isNumeric: true, key: costNs, cell: (probe) => formatShare(costNs(probe), totalNs) },
    {
      title: 'location',
      key: ({ location }) => location,
      cell: ({ location }) => <span class="hint">{location}</span>,
    },
  ];
}

/** About what a probe has cost so far; times are only taken while somebody looks. */
function costNs({ avgNs = 0, hits }: ApiProbe): number {
  return avgNs * hits;
}

function ProbeSwitch(props: { readonly probe: ApiProbe }): JSX.Element {
  const { session, module } = usePage();
  const act = useAction();
  const { index, point, on } = props.probe;
  return (
    <button
      type="button"
      role="switch"
      aria-checked={on}
      aria-label={point}
      onClick={() =>
        void act(`${point} is ${on ? 'off' : 'on'}.`, () =>
          session.client.fetch(modulePath(module, 'probes', String(index)), {
            method: 'PATCH',
            body: { on: !on },
          }),
        )
      }
    >
      {on ? 'on' : 'off'}
    </button>
  );
}

function HitsPerSecond(props: { readonly probe: ApiProbe }): JSX.Element | null {
  const { session } = usePage();
  const { before } = session;
  const earlier = before?.state.probes.find(({ index }) => index === props.probe.index);
  if (before === undefined || earlier === undefined) return null;
  const seconds = (session.stateAtMs - before.atMs) / 1000;
  const rate = (props.probe.hits - earlier.hits) / Math.max(seconds, 0.001);
  return <>{rate >= 100 ? formatCount(Math.round(rate)) : formatDecimal(Math.max(0, rate))}</>;
}
