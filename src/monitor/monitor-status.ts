import type { GlobalView } from '../runtime/global-store.ts';
import type { MemoryUse } from './memory-use.ts';

/** A probe as the monitor shows it. Times are nanoseconds, 0 until the handler ran. */
export interface MonitoredProbe {
  /** Index of the module's probes: what switches it on and off. */
  readonly index: number;
  /** Resolved probe point, byte string. */
  readonly name: string;
  readonly on: boolean;
  readonly hits: number;
  readonly minNs: number;
  readonly avgNs: number;
  readonly maxNs: number;
}

/** What a monitor shows of a running module at one moment. */
export interface MonitorStatus {
  readonly uptimeSeconds: number;
  readonly uid: number;
  readonly memory: MemoryUse;
  readonly moduleName: string;
  /** The script's own globals, in module order. */
  readonly globals: readonly GlobalView[];
  /** The script's own probes, in module order. */
  readonly probes: readonly MonitoredProbe[];
}

/** `HH:MM:SS`; more than two digits of hours after four days. */
export function uptimeText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}
