import type { ModuleDescription, ProbeDescription } from '../control/protocol.ts';
import type { ScriptFacts } from './global-families.ts';
import { MODULE_PREFIX } from './global-names.ts';
import { labelText } from './label-text.ts';
import type { HistogramSample, MetricFamily, ScalarFamily, ScalarSample } from './metric-family.ts';

const NANOSECONDS = 1e9;
const MILLISECONDS = 1e3;

interface HealthFamily {
  readonly name: string;
  readonly help: string;
  readonly unit?: string;
}

/** Whether the module could be asked: what is told of one that could not, too. */
export function upFamily(facts: ScriptFacts, isUp: boolean): MetricFamily {
  const named = { name: 'up', help: 'Whether the module answered (1) or not (0)' };
  return gauge(named, [{ labels: facts.labels, value: isUp ? 1 : 0 }]);
}

/** About the module itself, not its globals: what it is, what it used, what went wrong. */
export function moduleFamilies(module: ModuleDescription, facts: ScriptFacts): readonly MetricFamily[] {
  const { labels, startMs } = facts;
  const { entry, version } = module;
  const one = (value: number): readonly ScalarSample[] => [{ labels, value }];
  const total = (named: HealthFamily, value: number): ScalarFamily =>
    counter(named, [{ labels, value, startMs }]);
  const info = { ...labels, module: labels['module'] ?? labelText(entry.name), version: labelText(version) };
  const skipped = (reason: string, value: number) => ({ labels: { ...labels, reason }, value, startMs });
  return [
    {
      kind: 'info',
      // The family's name is without `_info`.
      name: MODULE_PREFIX.slice(0, -1),
      help: 'The module: its name, and the version of stap',
      samples: [{ labels: info, value: 1 }],
    },
    gauge(
      { name: 'start_time_seconds', unit: 'seconds', help: 'When the module started, seconds since 1970' },
      one(entry.startedAtMs / MILLISECONDS),
    ),
    gauge(
      {
        name: 'resident_memory_bytes',
        unit: 'bytes',
        help: 'Resident memory of the process that runs the handlers',
      },
      one(module.memoryBytes),
    ),
    total(
      { name: 'cpu_seconds', unit: 'seconds', help: 'Processor time of the process that runs the handlers' },
      module.cpuSeconds,
    ),
    total(
      { name: 'output_bytes', unit: 'bytes', help: 'Output that the script printed' },
      module.outputBytes,
    ),
    total(
      { name: 'output_lost_bytes', unit: 'bytes', help: 'Output that nobody took and that was overwritten' },
      module.lostBytes,
    ),
    gauge(
      { name: 'output_buffered_bytes', unit: 'bytes', help: 'Output that waits for a reader' },
      one(module.bufferedBytes),
    ),
    gauge({ name: 'open_files', help: 'Opens of the files of the module that last' }, one(module.openFiles)),
    total({ name: 'errors', help: 'Run-time errors of handlers' }, module.errors),
    total({ name: 'warnings', help: 'Warnings of the run time' }, module.warnings),
    counter({ name: 'skipped_probes', help: 'Events in the kernel for which no handler ran' }, [
      skipped('buffer_full', module.skipped.lostRecords),
      skipped('handler_running', module.skipped.nested),
    ]),
  ];
}

/** How often handlers ran and how long; probes of one point are one. */
export function probeFamilies(
  probes: readonly ProbeDescription[],
  { labels, startMs }: ScriptFacts,
): readonly MetricFamily[] {
  const points = [...byPoint(probes)].map(([probe, run]) => ({ labels: { ...labels, probe }, run }));
  const timed = points.filter(({ run }) => run.timedHits > 0);
  return [
    counter(
      { name: 'probe_hits', help: 'How often the handlers of a probe point ran' },
      points.map(({ labels, run }) => ({ labels, value: run.hits, startMs })),
    ),
    {
      kind: 'summary',
      ...prefixed({
        name: 'handler_seconds',
        unit: 'seconds',
        help: 'How long handlers ran, of those runs that were measured',
      }),
      samples: timed.map(({ labels, run }): HistogramSample => {
        return { labels, count: run.timedHits, sum: run.totalNs / NANOSECONDS, buckets: [], startMs };
      }),
    },
    gauge(
      { name: 'handler_min_seconds', unit: 'seconds', help: 'Shortest run of a handler' },
      timed.map(({ labels, run }) => ({ labels, value: run.minNs / NANOSECONDS })),
    ),
    gauge(
      { name: 'handler_max_seconds', unit: 'seconds', help: 'Longest run of a handler' },
      timed.map(({ labels, run }) => ({ labels, value: run.maxNs / NANOSECONDS })),
    ),
  ];
}

/** How often files were read and written. */
export function fileFamilies(
  files: ModuleDescription['files'],
  { labels, startMs }: ScriptFacts,
): readonly MetricFamily[] {
  const samples = (valueOf: (file: (typeof files)[number]) => number): readonly ScalarSample[] =>
    files.map((file) => ({
      labels: { ...labels, file: labelText(file.path) },
      value: valueOf(file),
      startMs,
    }));
  return [
    counter(
      { name: 'file_reads', help: 'How often the read handler of a file ran' },
      samples(({ reads }) => reads),
    ),
    counter(
      { name: 'file_writes', help: 'How often a file was written to' },
      samples(({ writes }) => writes),
    ),
  ];
}

/** What limits left out, by family. */
export function droppedFamily(
  dropped: readonly { readonly metric: string; readonly count: number }[],
  { labels }: ScriptFacts,
): MetricFamily {
  return gauge(
    { name: 'series_dropped', help: 'Elements of a metric that are not shown, because they are too many' },
    dropped.map(({ metric, count }) => ({ labels: { ...labels, metric }, value: count })),
  );
}

interface Runs {
  readonly hits: number;
  readonly timedHits: number;
  readonly totalNs: number;
  readonly minNs: number;
  readonly maxNs: number;
}

function byPoint(probes: readonly ProbeDescription[]): ReadonlyMap<string, Runs> {
  const points = new Map<string, Runs>();
  for (const { point, hits, timedHits = 0, totalNs = 0, minNs = Infinity, maxNs = 0 } of probes) {
    const name = labelText(point);
    const before = points.get(name);
    points.set(name, {
      hits: (before?.hits ?? 0) + hits,
      timedHits: (before?.timedHits ?? 0) + timedHits,
      totalNs: (before?.totalNs ?? 0) + totalNs,
      minNs: Math.min(before?.minNs ?? Infinity, minNs),
      maxNs: Math.max(before?.maxNs ?? 0, maxNs),
    });
  }
  return points;
}

function prefixed(named: HealthFamily): HealthFamily {
  return { ...named, name: MODULE_PREFIX + named.name };
}

function gauge(named: HealthFamily, samples: readonly ScalarSample[]): ScalarFamily {
  return { kind: 'gauge', ...prefixed(named), samples };
}

function counter(named: HealthFamily, samples: readonly ScalarSample[]): ScalarFamily {
  return { kind: 'counter', ...prefixed(named), samples };
}
