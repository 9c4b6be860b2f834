import type { GlobalDescription, ModuleDescription, ProbeDescription } from '../control/protocol.ts';
import { mayAsk } from '../control/may-ask.ts';
import { textOfBytes } from '../monitor/byte-text.ts';
import type { ListedModule } from '../registry/module-list.ts';
import type { ApiGlobal, ApiModule, ApiModuleState, ApiProbe, ApiValue } from './api.ts';

/** A module as lists show it. */
export function apiModule(listed: ListedModule): ApiModule {
  const { entry, uid } = listed;
  return {
    name: textOfBytes(entry.name),
    state: entry.state,
    pid: entry.pid,
    uid,
    startedAtMs: entry.startedAtMs,
    script: textOfBytes(entry.script),
    ...(entry.directory !== undefined && { directory: textOfBytes(entry.directory) }),
    canAsk: mayAsk(listed),
  };
}

/** All that a module tells. */
export function apiModuleState(listed: ListedModule, description: ModuleDescription): ApiModuleState {
  const { skipped } = description;
  return {
    ...apiModule(listed),
    version: textOfBytes(description.version),
    options: description.options.map(textOfBytes),
    scriptArguments: description.scriptArguments.map(textOfBytes),
    memoryBytes: description.memoryBytes,
    cpuSeconds: description.cpuSeconds,
    openFiles: description.openFiles,
    errors: description.errors,
    warnings: description.warnings,
    skipped: skipped.lostRecords + skipped.nested,
    outputBytes: description.outputBytes,
    lostBytes: description.lostBytes,
    globals: apiGlobals(description),
    files: description.files.map(({ path, mode, reads, writes }) => ({
      path: textOfBytes(path),
      mode: `0${mode.toString(8).padStart(3, '0')}`,
      reads,
      writes,
    })),
    probes: description.probes.map(apiProbe),
  };
}

/** The globals of the script itself. */
export function apiGlobals({ globals }: ModuleDescription): readonly ApiGlobal[] {
  return globals.filter(({ hidden }) => hidden !== true).map(apiGlobal);
}

function apiGlobal(global: GlobalDescription): ApiGlobal {
  const { name, type, keyTypes, keyNames, documentation, onlyGrows, value, elements, size } = global;
  return {
    name: textOfBytes(name),
    type,
    keyNames: (keyNames ?? []).map(textOfBytes),
    keyTypes,
    ...(documentation !== undefined && { documentation: textOfBytes(documentation) }),
    onlyGrows: onlyGrows === true,
    ...(elements === undefined
      ? { value: apiValue(value) }
      : {
          elements: elements.map((element) => ({
            keys: element.keys.map(apiKey),
            value: apiValue(element.value),
          })),
          size: size ?? elements.length,
        }),
  };
}

function apiProbe(probe: ProbeDescription): ApiProbe {
  const { index, point, location, on, hits, minNs, avgNs, maxNs } = probe;
  return {
    index,
    point: textOfBytes(point),
    location: textOfBytes(location),
    on,
    hits,
    ...(minNs !== undefined && { minNs }),
    ...(avgNs !== undefined && { avgNs }),
    ...(maxNs !== undefined && { maxNs }),
  };
}

function apiKey(key: unknown): number | { readonly int64: string } | string {
  const shown = jsonValue(key, 1);
  return typeof shown === 'number' || typeof shown === 'string' ? shown : int64Of(key);
}

function int64Of(key: unknown): { readonly int64: string } {
  return { int64: typeof key === 'bigint' ? key.toString() : '0' };
}

function apiValue(value: unknown): ApiValue {
  // What it can be was checked when the answer of the module was read.
  return (jsonValue(value, 5) ?? 0) as ApiValue;
}

/** The value as JSON can hold it, with texts in UTF-8; `depth` bounds what a foreign program may nest. */
function jsonValue(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case 'string':
      return textOfBytes(value);
    case 'bigint':
      return { int64: value.toString() };
    case 'object':
      if (value === null || depth === 0) return undefined;
      if (Array.isArray(value)) return value.map((item) => jsonValue(item, depth - 1) ?? null);
      return Object.fromEntries(
        Object.entries(value).map(([name, item]) => [textOfBytes(name), jsonValue(item, depth - 1)]),
      );
    case 'number':
    case 'boolean':
      return value;
    default:
      return undefined;
  }
}
