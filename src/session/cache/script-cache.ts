import { rmSync, statSync } from 'node:fs';
import type { CompiledModule } from '../../module/compiled-module.ts';
import { parseModuleText } from '../../module/compiled-module-text.ts';
import {
  openStapmod,
  STAPMOD_SUFFIX,
  StapmodError,
  writeStapmod,
  type OpenedStapmod,
  type StapmodFacts,
  type UsedFile,
} from '../../stapmod/stapmod.ts';
import { moduleUser, readTrustedModule, UntrustedModuleError } from '../../stapmod/trusted-file.ts';
import { writeFileAtomically } from './atomic-file.ts';
import { usedFile } from '../compile/used-file.ts';
import { isOurs, makeDirectory, prepareCache, type CachePlace } from './cache-directory.ts';

/** A module that an earlier run compiled. */
export interface CachedModule {
  /** Its file. */
  readonly path: string;
  /** The file with what pass 3 made. */
  readonly sourcePath: string;
  readonly facts: StapmodFacts;
  module(): CompiledModule;
}

/** A module to be kept. */
export interface CacheEntry {
  readonly facts: StapmodFacts;
  /** See `moduleInputs`. */
  readonly inputs: string;
  readonly module: CompiledModule;
  /** Of this program. */
  readonly version: string;
}

/** What is asked again before a module is used: it may have changed without its inputs changing. */
export interface CacheQuestions {
  readonly kernelSetting: (name: string) => string;
  /** See `KernelSurroundings`. */
  readonly kernelDecision: () => string;
}

/** Letters and digits before the digest in a module's name. */
const NAME_PREFIX = 'stap_';

/**
 * The script cache of stap(1), CACHING: one user's compiled modules, found by everything that decides them. An entry is
 * three files: NAME.stapmod, NAME.js (what pass 3 made) and NAME_hash.log (what the name was made of). Any number of
 * processes may use it at once: files appear whole, a damaged entry counts as none and is replaced.
 */
export class ScriptCache {
  readonly #place: CachePlace;
  readonly #uid: number;

  constructor(place: CachePlace, uid: number) {
    this.#place = place;
    this.#uid = uid;
  }

  /** Makes the directories. The text of a warning, or undefined; `usable` is false when entries cannot be added. */
  prepare(): { readonly usable: boolean; readonly warning?: string } {
    const prepared = prepareCache(this.#place, this.#uid);
    if (prepared.kind === 'ready') return { usable: true };
    return {
      usable: false,
      ...(prepared.warning === undefined ? {} : { warning: prepared.warning }),
    };
  }

  /** The module of this name and these inputs, when it is there, whole, ours, and what it was made from is unchanged. */
  find(name: string, inputs: string, questions: CacheQuestions): CachedModule | undefined {
    const paths = this.#paths(name);
    const opened = this.#open(paths.module);
    if (opened === undefined) return undefined;
    if (!hasContent(paths.source)) {
      rmSync(paths.module, { force: true });
      return undefined;
    }
    const { facts } = opened;
    if (opened.inputs !== inputs || !facts.libraryFiles.every(isUnchanged)) return undefined;
    if (!facts.kernelSettings.every(([setting, value]) => questions.kernelSetting(setting) === value))
      return undefined;
    const { kernel } = facts;
    if (kernel !== undefined && kernel.decidedBy !== questions.kernelDecision()) return undefined;
    if (kernel?.files.every(isUnchanged) === false) return undefined;
    return {
      path: paths.module,
      sourcePath: paths.source,
      facts,
      module: () => parseModuleText(opened.module),
    };
  }

  /** Adds an entry, or replaces it. Returns the module's path; undefined when it cannot be written. */
  store({ facts, inputs, module, version }: CacheEntry): string | undefined {
    const paths = this.#paths(facts.name);
    try {
      if (!this.#makeDirectories(facts.name)) return undefined;
      writeFileAtomically(paths.log, inputsLog(facts.name, inputs));
      writeFileAtomically(paths.source, `${module.code}\n`);
      // The module comes last: with it the entry is there.
      writeFileAtomically(paths.module, writeStapmod(facts, inputs, module, version));
      return paths.module;
    } catch {
      return undefined;
    }
  }

  #paths(name: string): { readonly module: string; readonly source: string; readonly log: string } {
    const stem = `${this.#directories(name).at(-1) ?? ''}/${name}`;
    return { module: `${stem}${STAPMOD_SUFFIX}`, source: `${stem}.js`, log: `${stem}_hash.log` };
  }

  /** Directories below the cache's that lead to an entry, outermost first. */
  #directories(name: string): readonly string[] {
    let path = this.#place.directory;
    return Array.from({ length: this.#place.levels }, (_, level) => {
      const digits = NAME_PREFIX.length + 2 * level;
      return (path += `/${name.slice(digits, digits + 2)}`);
    });
  }

  #makeDirectories(name: string): boolean {
    return this.#directories(name).every(
      (path) => makeDirectory(path, false) === undefined && isOurs(path, this.#uid),
    );
  }

  /** undefined: missing, not ours alone, or damaged. */
  #open(path: string): OpenedStapmod | undefined {
    try {
      // Not root's files either: what this user did not write is not this user's cache.
      return openStapmod(readTrustedModule(path, moduleUser(this.#uid, undefined), 'own'), path);
    } catch (error) {
      if (error instanceof StapmodError || error instanceof UntrustedModuleError) return undefined;
      if ((error as NodeJS.ErrnoException).code !== undefined) return undefined;
      throw error;
    }
  }
}

function hasContent(path: string): boolean {
  const status = statSync(path, { throwIfNoEntry: false });
  return status !== undefined && status.size > 0;
}

function isUnchanged(file: UsedFile): boolean {
  const now = usedFile(file.path);
  return now?.size === file.size && now.modifiedMs === file.modifiedMs;
}

/** `[Mon Nov 23 06:15:00 2026] script_hash:`, then a line for each input, the last one with the digest. */
function inputsLog(name: string, inputs: string): string {
  const lines = Object.entries(JSON.parse(inputs) as Record<string, unknown>).flatMap(([key, value]) =>
    Array.isArray(value)
      ? value.map((item) => `${key}: ${typeof item === 'string' ? item : JSON.stringify(item)}`)
      : [`${key}: ${String(value)}`],
  );
  const digest = /^stap_([0-9a-f]*)/.exec(name)?.[1] ?? name;
  return [`[${ctime(new Date())}] script_hash:`, ...lines, `result:${digest}`, ''].join('\n');
}

/** ctime(3) without its newline. */
function ctime(date: Date): string {
  const [weekday = '', month = '', , year = '', time = ''] = date.toString().split(' ');
  return `${weekday} ${month} ${String(date.getDate()).padStart(2)} ${time} ${year}`;
}
