import type { GlobalView } from '../runtime/global-store.ts';
import type { StatisticDescription } from '../runtime/statistic-description.ts';
import type { Value } from '../runtime/value.ts';
import { bytesOfText, textOfBytes } from './byte-text.ts';
import { memoryText } from './memory-use.ts';
import { uptimeText } from './monitor-status.ts';
import type { MonitoredProbe, MonitorStatus } from './monitor-status.ts';

/** What stands for an array whose text would be longer than one of the limits; SystemTap's words. */
export const OVERFLOW_TEXT = '"(MAXSTRINGLEN exceeded)"';

/** Longest text of one array and of all globals together, in UTF-16 units. */
export interface JsonLimits {
  readonly array: number;
  readonly globals: number;
}

/** 64 KB for an array, 1 MB for all globals. */
export const JSON_LIMITS: JsonLimits = { array: 1 << 16, globals: 1 << 20 };

/**
 * The text of `monitor_status`, a byte string in UTF-8: keys and order as SystemTap writes them, but strictly valid JSON.
 * Numbers are written in full, also beyond 2^53.
 */
export function statusJson(status: MonitorStatus, limits = JSON_LIMITS): string {
  const globals = globalEntries(status.globals, limits).join(',\n');
  const probes = status.probes.map(probeJson).join(',\n');
  return bytesOfText(
    [
      '{',
      `"uptime": ${JSON.stringify(uptimeText(status.uptimeSeconds))},`,
      `"uid": ${JSON.stringify(String(status.uid))},`,
      `"memory": ${JSON.stringify(memoryText(status.memory))},`,
      `"module_name": ${byteStringJson(status.moduleName)},`,
      `"globals": {${globals === '' ? '' : `\n${globals}\n`}},`,
      `"probe_list": [${probes === '' ? '' : `\n${probes}\n`}]`,
      '}\n',
    ].join('\n'),
  );
}

function globalEntries(globals: readonly GlobalView[], limits: JsonLimits): readonly string[] {
  const names = new Set<string>();
  let left = limits.globals;
  return globals.map((global) => {
    // Private globals of several files may share a name; an object may not have a key twice.
    const name = names.has(global.name) ? global.definition.mangledName : global.name;
    names.add(name);
    const whole = globalJson(global, Math.min(limits.array, left));
    left -= whole.length;
    return `${byteStringJson(name)}:${whole}`;
  });
}

function globalJson(global: GlobalView, limit: number): string {
  if (global.elements === undefined) return global.value === undefined ? 'null' : contentJson(global.value);
  const parts: string[] = [];
  let length = 0;
  for (const { keys, value } of global.elements) {
    const part = `${JSON.stringify(keysText(keys))} : ${contentJson(value)}`;
    length += part.length + 2;
    if (length > limit) return OVERFLOW_TEXT;
    parts.push(part);
  }
  return `{${parts.join(', ')}}`;
}

/** `("k",1)`: keys in parentheses; strings among them are JSON strings, so that every key can be told from others. */
function keysText(keys: readonly Value[]): string {
  return `(${keys.map((key) => (typeof key === 'string' ? byteStringJson(key) : String(key))).join(',')})`;
}

function contentJson(value: Value | StatisticDescription): string {
  if (typeof value === 'string') return byteStringJson(value);
  if (typeof value !== 'object') return String(value);
  const { count, min = 0, max = 0, sum = 0, avg = 0 } = value;
  return `{"@count": ${count}, "@min": ${min}, "@max": ${max}, "@sum": ${sum}, "@avg": ${avg}}`;
}

function probeJson(probe: MonitoredProbe): string {
  const { index, on, hits, minNs, avgNs, maxNs, name } = probe;
  const times = `"min": ${minNs}, "avg": ${avgNs}, "max": ${maxNs}`;
  return `{"index": ${index}, "state": "${on ? 'on' : 'off'}", "hits": ${hits}, ${times}, "name": ${byteStringJson(name)}}`;
}

function byteStringJson(bytes: string): string {
  return JSON.stringify(textOfBytes(bytes));
}
