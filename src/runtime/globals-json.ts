import { byteJson } from './byte-json.ts';
import type { GlobalView } from './global-store.ts';
import type { BucketDescription, StatisticDescription } from './statistic-description.ts';
import type { Value } from './value.ts';

/** Longest text of the elements of all arrays together, bytes; what is beyond is left out, `size` tells how much there is. */
export const GLOBALS_JSON_MAX_BYTES = 16 << 20;

/**
 * The text of `.globals.json`, a byte string in UTF-8: the globals of the script with their content. Integers have all
 * their digits, also beyond 2^53.
 */
export function globalsJson(
  moduleName: string,
  time: Date,
  views: readonly GlobalView[],
  maxBytes = GLOBALS_JSON_MAX_BYTES,
): string {
  let left = maxBytes;
  const globals = views
    .filter(({ definition }) => definition.origin === 'script')
    .map((view) => {
      const members = view.elements === undefined ? scalarMembers(view) : arrayMembers(view, left);
      left -= members.reduce((sum, { length }) => sum + length, 0);
      return `{${[...factMembers(view), ...members].join(',')}}`;
    });
  return [
    `{"module":${byteJson(moduleName).json},"time":"${time.toISOString()}","globals":[`,
    globals.map((global) => `\n${global}`).join(','),
    globals.length === 0 ? ']}\n' : '\n]}\n',
  ].join('');
}

function factMembers({ name, definition }: GlobalView): readonly string[] {
  const { type, keyTypes, keyNames, documentation, onlyGrows, isPrivate } = definition;
  return [
    `"name":${byteJson(name).json}`,
    `"type":"${type}"`,
    ...(isPrivate ? ['"hidden":true'] : []),
    ...(documentation === undefined ? [] : [`"documentation":${byteJson(documentation).json}`]),
    ...(onlyGrows === true ? ['"onlyGrows":true'] : []),
    ...(keyTypes.length === 0 ? [] : [`"keyTypes":${JSON.stringify(keyTypes)}`]),
    ...(keyTypes.length === 0 || keyNames === undefined ? [] : [`"keyNames":${JSON.stringify(keyNames)}`]),
  ];
}

function scalarMembers({ value }: GlobalView): readonly string[] {
  return value === undefined ? [] : [`"value":${contentJson(value)}`];
}

function arrayMembers({ elements = [], size = 0 }: GlobalView, maxBytes: number): readonly string[] {
  const texts: string[] = [];
  let length = 0;
  for (const { keys, value } of elements) {
    const text = `{"keys":[${keys.map(contentJson).join(',')}],"value":${contentJson(value)}}`;
    length += text.length + 1;
    if (length > maxBytes) break;
    texts.push(text);
  }
  return [`"size":${size}`, `"elements":[${texts.join(',')}]`];
}

function contentJson(value: Value | StatisticDescription): string {
  if (typeof value === 'string') return byteJson(value).json;
  return typeof value === 'object' ? statisticJson(value) : String(value);
}

function statisticJson({ count, sum, min, max, avg, histogram }: StatisticDescription): string {
  const members = numberMembers({ count, sum, min, max, avg });
  if (histogram !== undefined) {
    const buckets = histogram.buckets.map(bucketJson).join(',');
    members.push(`"histogram":{"kind":"${histogram.kind}","buckets":[${buckets}]}`);
  }
  return `{${members.join(',')}}`;
}

function bucketJson({ low, high, count }: BucketDescription): string {
  return `{${numberMembers({ low, high, count }).join(',')}}`;
}

function numberMembers(numbers: Readonly<Record<string, number | bigint | undefined>>): string[] {
  return Object.entries(numbers).flatMap(([name, value]) =>
    value === undefined ? [] : [`"${name}":${value}`],
  );
}
