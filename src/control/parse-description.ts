import { isRecord, type Json } from '../registry/json-checks.ts';
import type {
  ControlReply,
  FileDescription,
  GlobalDescription,
  ModuleDescription,
  ProbeDescription,
} from './protocol.ts';

/** A module's account of itself without its entry, which is read from the registry. */
export type ReportedDescription = Omit<ModuleDescription, 'entry'>;

/**
 * The description in a reply to `describe`, field by field checked: what answers is a program of the module's owner,
 * who may be another user than the one who asks. Undefined when it is none.
 */
export function parseDescription(reply: ControlReply): ReportedDescription | undefined {
  const value = reply.ok ? reply['module'] : undefined;
  if (!isRecord(value)) return undefined;
  const { version, memoryBytes, openFiles, errors, bufferedBytes, lostBytes } = value;
  if (typeof version !== 'string') return undefined;
  return {
    version,
    options: texts(value['options']),
    scriptArguments: texts(value['scriptArguments']),
    memoryBytes: count(memoryBytes),
    openFiles: count(openFiles),
    clients: records(value['clients']).map(({ pid, command }) => ({
      pid: count(pid),
      command: text(command),
    })),
    errors: count(errors),
    bufferedBytes: count(bufferedBytes),
    lostBytes: count(lostBytes),
    warnings: count(value['warnings']),
    skipped: parseSkipped(value['skipped']),
    cpuSeconds: amount(value['cpuSeconds']),
    outputBytes: count(value['outputBytes']),
    files: records(value['files']).map(parseFile),
    globals: parseGlobals(value['globals']),
    probes: records(value['probes']).map(parseProbe),
  };
}

/** The globals in a reply to `get` or `describe`; what makes no sense is left out. */
export function parseGlobals(value: unknown): readonly GlobalDescription[] {
  return records(value).flatMap((global) => {
    const { name, type, keyTypes, size, documentation, keyNames } = global;
    if (typeof name !== 'string' || (type !== 'long' && type !== 'string' && type !== 'stats')) return [];
    const isArray = 'elements' in global || 'size' in global;
    return {
      name,
      type,
      keyTypes: texts(keyTypes).filter((keyType) => keyType === 'long' || keyType === 'string'),
      ...(global['hidden'] === true ? { hidden: true } : {}),
      ...(typeof documentation === 'string' ? { documentation } : {}),
      ...(Array.isArray(keyNames) ? { keyNames: texts(keyNames) } : {}),
      ...(global['onlyGrows'] === true ? { onlyGrows: true } : {}),
      ...parseHistogram(global['histogram']),
      ...('value' in global ? { value: global['value'] } : {}),
      ...(isArray ? { elements: records(global['elements']).map(parseElement), size: count(size) } : {}),
    };
  });
}

function parseHistogram(value: unknown): Pick<GlobalDescription, 'histogram'> {
  if (!isRecord(value)) return {};
  const { kind, low, high, width } = value;
  if (kind === 'log') return { histogram: { kind } };
  if (kind !== 'linear' || !isNumber(low) || !isNumber(high) || !isNumber(width)) return {};
  return { histogram: { kind, low, high, width } };
}

function parseElement({ keys, value }: Json): { readonly keys: readonly unknown[]; readonly value: unknown } {
  return { keys: Array.isArray(keys) ? (keys as readonly unknown[]) : [], value };
}

function parseSkipped(value: unknown): ReportedDescription['skipped'] {
  const { lostRecords, nested } = isRecord(value) ? value : {};
  return { lostRecords: count(lostRecords), nested: count(nested) };
}

function parseFile({ path, mode, reads, writes }: Json): FileDescription {
  return { path: text(path), mode: count(mode), reads: count(reads), writes: count(writes) };
}

function parseProbe(probe: Json): ProbeDescription {
  const { index, point, location, on, hits, minNs, avgNs, maxNs, timedHits, totalNs } = probe;
  return {
    index: count(index),
    point: text(point),
    location: text(location),
    on: on === true,
    hits: count(hits),
    ...(isNumber(minNs) ? { minNs: Number(minNs) } : {}),
    ...(isNumber(avgNs) ? { avgNs: Number(avgNs) } : {}),
    ...(isNumber(maxNs) ? { maxNs: Number(maxNs) } : {}),
    ...(isNumber(timedHits) ? { timedHits: Number(timedHits) } : {}),
    ...(isNumber(totalNs) ? { totalNs: Number(totalNs) } : {}),
  };
}

function records(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isFinite(value));
}

function count(value: unknown): number {
  return Math.trunc(amount(value));
}

function amount(value: unknown): number {
  return isNumber(value) && value >= 0 ? Number(value) : 0;
}
