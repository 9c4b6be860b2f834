import { isRecord, type Json } from '../registry/json-checks.ts';
import type { WatchEvent } from './protocol.ts';

/** A WatchEvent as it came over a connection: what `finished` tells of the module is still to be checked. */
export type ReceivedWatchEvent =
  | Exclude<WatchEvent, { event: 'finished' }>
  | { readonly event: 'finished'; readonly status: 0 | 1; readonly module: unknown };

/** The event that a value is, field by field checked: what tells it is a program of the module's owner. */
export function parseWatchEvent(value: unknown): ReceivedWatchEvent | undefined {
  if (!isRecord(value)) return undefined;
  switch (value['event']) {
    case 'output':
      return parseOutput(value);
    case 'output-missed': {
      const { bytes } = value;
      return typeof bytes === 'number' && bytes > 0 ? { event: 'output-missed', bytes } : undefined;
    }
    case 'reloaded':
      return { event: 'reloaded' };
    case 'finished':
      return { event: 'finished', status: value['status'] === 0 ? 0 : 1, module: value['module'] };
    default:
      return undefined;
  }
}

function parseOutput({ stream, text, timeMs }: Json): ReceivedWatchEvent | undefined {
  if (typeof text !== 'string' || typeof timeMs !== 'number') return undefined;
  return stream === 'out' || stream === 'err' ? { event: 'output', stream, text, timeMs } : undefined;
}
