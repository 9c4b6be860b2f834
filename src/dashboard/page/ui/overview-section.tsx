import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ApiGlobal, ApiModuleState } from '../../api.ts';
import { formatBytes, formatCount, formatDuration } from '../number-format.ts';
import { ArrayTable } from './array-table.tsx';
import { usePage, useTick } from './page-context.ts';
import { ScalarTable } from './scalar-table.tsx';
import { StatisticPanel } from './statistic-panel.tsx';

/** The module in figures, and its globals. */
export function OverviewSection(props: { readonly state: ApiModuleState }): JSX.Element {
  const { globals } = props.state;
  const isStatistic = ({ type, elements }: ApiGlobal): boolean => type === 'stats' && elements === undefined;
  const scalars = globals.filter((one) => one.elements === undefined && !isStatistic(one));
  const arrays = globals.filter(({ elements }) => elements !== undefined);
  const statistics = globals.filter(isStatistic);
  return (
    <>
      <Facts state={props.state} />
      {globals.length === 0 && <p class="hint">The script has no globals.</p>}
      {scalars.length > 0 && <ScalarTable scalars={scalars} />}
      {statistics.length > 0 && (
        <div class="panels">
          {statistics.map((one) => (
            <StatisticPanel key={one.name} statistic={one} />
          ))}
        </div>
      )}
      {arrays.map((one) => (
        <ArrayTable key={one.name} array={one} />
      ))}
    </>
  );
}

function Facts(props: { readonly state: ApiModuleState }): JSX.Element {
  const { session } = usePage();
  const [showsMore, setShowsMore] = useState(false);
  useTick(1000);
  const { state } = props;
  const { before } = session;
  const seconds = before === undefined ? 0 : (session.stateAtMs - before.atMs) / 1000;
  const cpu =
    before === undefined || seconds <= 0 ? undefined : (state.cpuSeconds - before.state.cpuSeconds) / seconds;
  return (
    <section aria-label="Figures">
      <dl class="facts">
        <Fact name="Uptime">{formatDuration(session.nowMs() - state.startedAtMs)}</Fact>
        <Fact name="Process">{state.pid}</Fact>
        <Fact name="Memory">{formatBytes(state.memoryBytes)}</Fact>
        <Fact name="CPU">
          {cpu === undefined ? `${state.cpuSeconds.toFixed(1)} s` : `${Math.max(0, cpu * 100).toFixed(1)} %`}
        </Fact>
        <Fact name="Errors" isBad={state.errors > 0}>
          {formatCount(state.errors)}
        </Fact>
        <Fact name="Warnings">{formatCount(state.warnings)}</Fact>
        <Fact name="Skipped probes" isBad={state.skipped > 0}>
          {formatCount(state.skipped)}
        </Fact>
        <Fact name="Output">{formatBytes(state.outputBytes)}</Fact>
        <Fact name="Lost output" isBad={state.lostBytes > 0}>
          {formatBytes(state.lostBytes)}
        </Fact>
      </dl>
      <button type="button" class="link" aria-expanded={showsMore} onClick={() => setShowsMore(!showsMore)}>
        {showsMore ? 'Less' : 'More'} about this run
      </button>
      {showsMore && <MoreFacts state={state} />}
    </section>
  );
}

function MoreFacts(props: { readonly state: ApiModuleState }): JSX.Element {
  const { state } = props;
  return (
    <dl class="facts long">
      <Fact name="Script">{state.script}</Fact>
      <Fact name="Options">{state.options.join(' ') || 'none'}</Fact>
      <Fact name="Arguments">{state.scriptArguments.join(' ') || 'none'}</Fact>
      <Fact name="Directory">{state.directory ?? 'no files'}</Fact>
      <Fact name="Open files">{state.openFiles}</Fact>
      <Fact name="User">{state.uid}</Fact>
      <Fact name="Started">{new Date(state.startedAtMs).toLocaleString('en-GB')}</Fact>
      <Fact name="Version">{state.version}</Fact>
    </dl>
  );
}

function Fact(props: {
  readonly name: string;
  readonly isBad?: boolean;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <div class={props.isBad === true ? 'bad' : undefined}>
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}
