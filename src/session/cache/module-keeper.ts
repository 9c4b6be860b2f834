import type { CompiledModule } from '../../module/compiled-module.ts';
import { STAPMOD_SUFFIX, writeStapmod } from '../../stapmod/stapmod.ts';
import { writeFileAtomically } from './atomic-file.ts';
import { cleanCache } from './cache-cleaning.ts';
import { cachePlace, isOnOwnWay, type CachePlace } from './cache-directory.ts';
import type { Compilation } from '../compile/compilation.ts';
import { kernelDecision } from '../compile/kernel-surroundings.ts';
import { ScriptCache, type CachedModule, type CacheEntry } from './script-cache.ts';
import type { SessionContext } from '../session-context.ts';
import type { StapOptions } from '../stap-options.ts';
import { systemErrorText } from '../../fuse/system-error-text.ts';

/** An entry is written so long after pass 5 began, milliseconds: starting comes first. */
const CACHE_DELAY_MS = 200;

/** How pass 4 ended. `fileName`: the module's file, or what it would be called. */
export type KeptModule =
  { readonly kind: 'kept'; readonly fileName: string } | { readonly kind: 'failed'; readonly reason: string };

/** Where the module of one session comes from and goes to: the script cache, a file in the working directory. */
export class ModuleKeeper {
  readonly #options: StapOptions;
  readonly #context: SessionContext;
  readonly #compilation: Compilation;
  readonly #place: CachePlace | undefined;
  #cache: ScriptCache | undefined;
  #waiting: CacheEntry | undefined;

  constructor(options: StapOptions, context: SessionContext, compilation: Compilation) {
    this.#options = options;
    this.#context = context;
    this.#compilation = compilation;
    const isUsed =
      options.scriptCache !== 'off' &&
      options.moduleName === undefined &&
      options.listing === undefined &&
      options.lastPass >= 3;
    this.#place = isUsed ? cachePlace(context.environment) : undefined;
  }

  /** What an earlier run compiled from the same inputs. Tells a warning when there cannot be a cache. */
  find(): CachedModule | undefined {
    const uid = process.geteuid?.() ?? 0;
    if (this.#place === undefined || !isOnOwnWay(this.#place, uid)) return undefined;
    const cache = new ScriptCache(this.#place, uid);
    const { scriptCache, suppressWarnings } = this.#options;
    const found =
      scriptCache === 'poisoned'
        ? undefined
        : cache.find(this.#compilation.moduleName(), this.#compilation.inputs(), {
            kernelSetting: (name) => this.#compilation.kernelSetting(name),
            kernelDecision: () => kernelDecision(this.#options),
          });
    if (found !== undefined) return found;
    const { usable, warning } = cache.prepare();
    if (warning !== undefined && !suppressWarnings) this.#context.streams.error(`WARNING: ${warning}\n`);
    if (usable) this.#cache = cache;
    return undefined;
  }

  /**
   * Pass 4: what was compiled just now goes to the script cache, at once when nothing is run after it, otherwise when
   * `storeSoon` or `finish` say so; with -m, and for -p4 without a cache, it goes to the working directory.
   */
  keep(module: CompiledModule): KeptModule {
    const { lastPass, moduleName } = this.#options;
    if (this.#cache !== undefined) {
      this.#waiting = this.#entry(module);
      if (lastPass === 5) return { kind: 'kept', fileName: this.#fileName() };
      const path = this.#store();
      if (path !== undefined) return { kind: 'kept', fileName: path };
    }
    if (lastPass === 4 || (moduleName !== undefined && lastPass === 5)) {
      const reason = this.#saveHere(module);
      if (reason !== undefined && lastPass === 4) return { kind: 'failed', reason };
      if (reason !== undefined && !this.#options.suppressWarnings)
        this.#context.streams.error(`WARNING: ${reason}\n`);
    }
    return { kind: 'kept', fileName: this.#fileName() };
  }

  /** Pass 5 begins: what waits is written when the probes have become active, or by `finish` when they end sooner. */
  storeSoon(): void {
    if (this.#waiting !== undefined) setTimeout(() => this.#store(), CACHE_DELAY_MS).unref();
  }

  /** The session is over: what still waits is written, and the cache cleaned when it is time. */
  finish(): void {
    this.#store();
    if (this.#cache !== undefined && this.#place !== undefined)
      cleanCache(this.#place, false, (line) => {
        if (this.#options.verbosity[0] >= 2) this.#context.streams.error(`${line}\n`);
      });
  }

  #fileName(): string {
    return `${this.#compilation.moduleName()}${STAPMOD_SUFFIX}`;
  }

  #entry(module: CompiledModule): CacheEntry {
    return {
      facts: this.#compilation.moduleFacts(module),
      inputs: this.#compilation.inputs(),
      module,
      version: this.#context.version,
    };
  }

  /** Path of the module that waited; undefined when none did, or when it cannot be written. */
  #store(): string | undefined {
    const entry = this.#waiting;
    this.#waiting = undefined;
    return entry === undefined ? undefined : this.#cache?.store(entry);
  }

  /** Why it could not be written. */
  #saveHere(module: CompiledModule): string | undefined {
    const { facts, inputs, version } = this.#entry(module);
    const fileName = this.#fileName();
    try {
      writeFileAtomically(fileName, writeStapmod(facts, inputs, module, version));
      return undefined;
    } catch (error) {
      return `cannot write ${fileName}: ${systemErrorText(error)}`;
    }
  }
}
