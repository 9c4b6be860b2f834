import type { ProbePoint, ProbePointComponent } from '../ast/declaration.ts';
import type { Int64 } from '../int64/int64.ts';
import type { PerfProbeEvent } from '../module/probe-event.ts';
import { pointError } from './point-error.ts';
import { hasComponent, numberArgument, stringArgument, type ProbeFamily } from './probe-family.ts';
import { probedPrograms, type ProgramEnvironment } from './user-files.ts';

/** Counted between two runs of the handler when the point does not say. */
const DEFAULT_PERIOD = 1_000_000;
const EVENT = 'perf.type(number).config(number)';

/**
 * Counters of the processor and of the kernel (stapprobes(3stap), PERF; perf_event_open(2)): the handler runs each
 * time a period was counted, or so many times a second. The resolved point tells the period.
 */
export function perfFamily(environment: ProgramEnvironment): ProbeFamily {
  return {
    name: 'perf',
    patterns: ['', '.hz(number)', '.process', '.process(string)', '.sample(number)'].map(
      (end) => EVENT + end,
    ),
    unprivileged: false,
    matches: (point) => {
      const [program] = hasComponent(point, 'process') ? probedPrograms(point, environment) : [];
      return [withPeriod(program?.point ?? point)];
    },
    build: perfEvent,
  };
}

function withPeriod(point: ProbePoint): ProbePoint {
  if (hasComponent(point, 'sample') || hasComponent(point, 'hz')) return point;
  const { components } = point;
  const [type, config, ...rest] = components.slice(1);
  if (type === undefined || config === undefined) return point;
  const { token } = config;
  const period: ProbePointComponent = {
    name: 'sample',
    argument: { kind: 'number', value: DEFAULT_PERIOD, token },
    token,
  };
  return { ...point, components: [...components.slice(0, 1), type, config, period, ...rest] };
}

function perfEvent(point: ProbePoint): PerfProbeEvent {
  const process = stringArgument(point, 'process');
  const hz = numberArgument(point, 'hz');
  return {
    family: 'perf',
    type: Number(numberArgument(point, 'type') ?? 0),
    config: Number(numberArgument(point, 'config') ?? 0),
    ...(hz === undefined
      ? { sampleEvery: positive(point, 'sample', numberArgument(point, 'sample') ?? DEFAULT_PERIOD) }
      : { frequencyHz: positive(point, 'hz', hz) }),
    ...(process !== undefined && { process }),
  };
}

function positive(point: ProbePoint, name: string, period: Int64): number {
  if (period > 0) return Number(period);
  const token = point.components.find((component) => component.name === name)?.argument?.token;
  throw pointError('perf-period', `invalid perf sample period ${period}`, token);
}
