import {
  MAX_DESCRIBED_ELEMENTS,
  type FileDescription,
  type GlobalDescription,
  type ModuleDescription,
  type ProbeDescription,
} from '../../control/protocol.ts';
import type { CompiledModule } from '../../module/compiled-module.ts';
import type { GlobalView } from '../../runtime/global-store.ts';
import type { ProbeView } from '../../runtime/probe-record.ts';
import type { PseudoFile } from '../../runtime/pseudo-file.ts';
import type { SteeredModule } from './module-steering.ts';

const MICROSECONDS = 1e6;

/** The answer to `describe`: the state of a module between two handlers. */
export function describeModule(running: SteeredModule): ModuleDescription {
  const { setup, module, engine, presence, readers, files } = running;
  const { errorCount, warningCount, skipped, outputBytes } = engine.facts;
  const probes = engine.probes();
  return {
    entry: presence.entry,
    version: setup.version,
    options: setup.commandLine,
    scriptArguments: setup.engineOptions.scriptArguments,
    memoryBytes: process.memoryUsage.rss(),
    openFiles: files.openCount,
    clients: readers.list(),
    errors: errorCount,
    bufferedBytes: readers.bufferedBytes,
    lostBytes: readers.lostBytes,
    warnings: warningCount,
    skipped,
    cpuSeconds: cpuSeconds(),
    outputBytes,
    files: describeFiles(module, engine.files(), probes),
    globals: engine.globals({ maxElements: MAX_DESCRIBED_ELEMENTS }).map(describeGlobal),
    probes: probes.map(({ pp, ...probe }): ProbeDescription => ({ point: pp, ...probe })),
  };
}

/** A global as `describe` and `get` show it. */
export function describeGlobal(view: GlobalView): GlobalDescription {
  const { name, definition, value, elements, size } = view;
  const { type, keyTypes, isPrivate, origin, documentation, keyNames, onlyGrows, histogram } = definition;
  const isHidden = isPrivate || origin === 'library';
  const facts = {
    ...{ name, type, keyTypes },
    ...(isHidden && ({ hidden: true } as const)),
    ...(documentation !== undefined && { documentation }),
    ...(keyNames !== undefined && { keyNames }),
    ...(onlyGrows === true && ({ onlyGrows } as const)),
    ...(histogram !== undefined && { histogram }),
  };
  if (elements === undefined) return { ...facts, value };
  return { ...facts, elements, size: size ?? elements.length };
}

/** The files of the module's probes with how often their handlers ran. */
export function describeFiles(
  module: CompiledModule,
  files: readonly Pick<PseudoFile, 'path' | 'mode'>[],
  probes: readonly ProbeView[],
): readonly FileDescription[] {
  const counts = new Map<string, { reads: number; writes: number }>();
  for (const [index, { event }] of module.probes.entries()) {
    if (event.family !== 'procfs') continue;
    const count = counts.get(event.path) ?? { reads: 0, writes: 0 };
    const hits = probes[index]?.hits ?? 0;
    if (event.access === 'read') count.reads = Math.max(count.reads, hits);
    else count.writes = Math.max(count.writes, hits);
    counts.set(event.path, count);
  }
  return files.flatMap(({ path, mode }) => {
    const count = counts.get(path);
    return count === undefined ? [] : [{ path, mode, ...count }];
  });
}

/** Of this process, all its threads, since it began. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / MICROSECONDS;
}
