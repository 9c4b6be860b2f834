import type { GlobalDescription, ModuleDescription, ProbeDescription } from '../control/protocol.ts';
import { mayAsk } from '../control/may-ask.ts';
import { textOfBytes } from '../monitor/byte-text.ts';
import type { ListedModule } from '../registry/module-list.ts';
import type { ApiGlobal, ApiModule, ApiModuleState, ApiProbe } from './api.ts';
import { apiKey, apiValue } from './api-value.ts';

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
