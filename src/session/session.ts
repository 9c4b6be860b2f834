import type { CompanionProcess } from '../companion/companion-process.ts';
import { parseColors, type Colors } from '../diagnostic/colors.ts';
import type { CompiledModule } from '../module/compiled-module.ts';
import type { CheckedProgram } from '../semantic/program.ts';
import { Compilation, type ParsedScripts } from './compile/compilation.ts';
import { isTerminal } from './ports/is-terminal.ts';
import { keepGoingReport } from './compile/keep-going-report.ts';
import { ModuleKeeper } from './cache/module-keeper.ts';
import { renamedForProcess } from './module-name.ts';
import { placementLines } from './compile/placement-lines.ts';
import { passFailureLine } from './compile/pass-failure.ts';
import { startStopwatch, timeText } from './compile/pass-report.ts';
import { messageJson } from './output/message-json.ts';
import { runInProcess } from './run/run-session.ts';
import type { RunRequest } from './run/run-setup.ts';
import type { CachedModule } from './cache/script-cache.ts';
import type { SessionContext } from './session-context.ts';
import { publishes, type Listing, type StapOptions } from './stap-options.ts';

const STDERR = 2;

type Pass = 1 | 2 | 3 | 4 | 5;

/** Runs the passes that the options ask for. Resolves to the exit status of stap: 0 or 1. */
export async function runSession(options: StapOptions, context: SessionContext): Promise<number> {
  const session = new Session(options, context);
  return (await session.run()) ? 0 : 1;
}

/** One session: the order of the passes, and what is printed between them. */
class Session {
  readonly #options: StapOptions;
  readonly #context: SessionContext;
  readonly #colors: Colors | undefined;
  readonly #compilation: Compilation;
  readonly #keeper: ModuleKeeper;
  #companion: CompanionProcess | undefined;

  constructor(options: StapOptions, context: SessionContext) {
    this.#options = options;
    this.#context = context;
    this.#colors = useColors(options, context)
      ? parseColors(context.environment['SYSTEMTAP_COLORS'])
      : undefined;
    this.#compilation = new Compilation(options, context, this.#colors);
    this.#keeper = new ModuleKeeper(options, context, this.#compilation);
  }

  async run(): Promise<boolean> {
    const { listing, resourceLimits } = this.#options;
    if (resourceLimits.length > 0) {
      const { applyResourceLimits } = await import('./run/resource-limits.ts');
      const problem = applyResourceLimits(resourceLimits);
      if (problem !== undefined) {
        this.#context.streams.error(`${problem}\n`);
        return false;
      }
    }
    if (listing !== undefined) return this.#list(listing);
    await this.#startCompanion();
    const failed = await this.#runPasses();
    this.#companion?.dismiss();
    this.#keeper.finish();
    if (failed !== undefined) this.#tellFailure(failed);
    this.#compilation.log.printSuppressed();
    return failed === undefined;
  }

  /** It starts while the script is compiled. In the background, the process that runs the module starts it. */
  async #startCompanion(): Promise<void> {
    const { publishing, lastPass, flightRecorder } = this.#options;
    if (lastPass < 5 || flightRecorder || !publishes(publishing)) return;
    const { CompanionProcess } = await import('../companion/companion-process.ts');
    this.#companion = new CompanionProcess(this.#context.directory, this.#context.environment);
  }

  async #list(listing: Listing): Promise<boolean> {
    const { listingLines } = await import('./compile/listing.ts');
    await this.#compilation.load();
    const lines = listingLines(this.#compilation, listing, this.#options) ?? [];
    this.#context.streams.out(lines.map((line) => `${line}\n`).join(''));
    return lines.length > 0;
  }

  /** Objects about a script say themselves that it is wrong. */
  #tellFailure(failed: Pass): void {
    const { diagnosticsFormat, outputFormat } = this.#options;
    if (diagnosticsFormat === 'json' && failed < 5) return;
    const text = passFailureLine(failed);
    const { streams } = this.#context;
    streams.error(outputFormat === 'json' ? messageJson({ kind: 'error', text }, new Date()) : text);
  }

  /** The pass that failed; undefined when all that were asked for went well. */
  async #runPasses(): Promise<Pass | undefined> {
    const { lastPass, verbosity } = this.#options;
    const { streams } = this.#context;
    const cached = this.#keeper.find();
    // Nothing that passes 1 and 2 could tell is wanted, and they had nothing else to tell.
    if (cached?.facts.silent === true && verbosity[0] + verbosity[1] === 0) return this.#useCached(cached);
    await this.#compilation.load();
    const parsed = this.#compilation.parse();
    if (parsed !== undefined && lastPass === 1) streams.out(await this.#parseTree(parsed));
    if (parsed === undefined || lastPass === 1) return parsed === undefined ? 1 : undefined;

    const program = this.#analyze(parsed);
    if (program !== undefined && lastPass === 2) await this.#printProgram(program);
    if (program === undefined || lastPass === 2) return program === undefined ? 2 : undefined;

    if (cached !== undefined) return this.#useCached(cached);
    const module = await this.#compilation.translate(program);
    if (module !== undefined) this.#tellPlacements(module);
    if (module === undefined) return 3;
    if (lastPass === 3) await this.#printTranslated(module);
    if (lastPass === 3) return undefined;

    if (!this.#compile(module)) return 4;
    if (lastPass === 4) return undefined;
    return (await this.#execute(module)) ? undefined : 5;
  }

  async #parseTree({ files, library }: ParsedScripts): Promise<string> {
    const { parseTreeDump } = await import('./compile/parse-tree-dump.ts');
    return parseTreeDump(files, this.#options.verbosity[0] > 0 ? library.library : undefined);
  }

  async #printProgram(program: CheckedProgram): Promise<void> {
    const { printProgram } = await import('../semantic/print-program.ts');
    this.#context.streams.out(printProgram(program, this.#options.verbosity[1] > 0));
  }

  async #printTranslated(module: CompiledModule): Promise<void> {
    const { translatedText } = await import('./compile/translated-text.ts');
    this.#context.streams.out(translatedText(module));
  }

  #analyze(parsed: ParsedScripts): CheckedProgram | undefined {
    const program = this.#compilation.analyze(parsed);
    if (this.#options.keepGoing && program === undefined)
      this.#context.streams.error(keepGoingReport(this.#compilation.log.diagnostics));
    return program;
  }

  /** Passes 3 and 4 were done by an earlier run. */
  async #useCached(cached: CachedModule): Promise<Pass | undefined> {
    const { lastPass, verbosity } = this.#options;
    const { streams } = this.#context;
    this.#compilation.note(3, () => `using cached ${cached.sourcePath}`);
    if (verbosity[2] > 0) this.#tellPlacements(cached.module());
    if (lastPass === 3) {
      await this.#printTranslated(cached.module());
      return undefined;
    }
    this.#compilation.note(4, () => `using cached ${cached.path}`);
    if (lastPass === 4) {
      streams.out(`${cached.path}\n`);
      return undefined;
    }
    return (await this.#execute(cached.module())) ? undefined : 5;
  }

  /** Where handlers run, when pass 3 is verbose. */
  #tellPlacements(module: CompiledModule): void {
    if (this.#options.verbosity[2] > 0)
      this.#context.streams.error(
        placementLines(module)
          .map((line) => `${line}\n`)
          .join(''),
      );
  }

  /** Pass 4 has nothing to compile: it keeps the module, for later runs or for staprun. */
  #compile(module: CompiledModule): boolean {
    const stopwatch = startStopwatch();
    const kept = this.#keeper.keep(module);
    if (kept.kind === 'failed') {
      this.#context.streams.error(`ERROR: ${kept.reason}\n`);
      return false;
    }
    if (this.#options.lastPass === 4) this.#context.streams.out(`${kept.fileName}\n`);
    this.#compilation.note(4, () => `compiled JavaScript into "${kept.fileName}" ${timeText(stopwatch())}`);
    return true;
  }

  async #execute(module: CompiledModule): Promise<boolean> {
    const stopwatch = startStopwatch();
    const { moduleName, flightRecorder } = this.#options;
    this.#keeper.storeSoon();
    this.#compilation.note(5, () => 'starting run.');
    // A signal that came while nobody could look ends stap here.
    await new Promise((resolve) => setImmediate(resolve));
    const request = {
      module,
      moduleName: moduleName ?? this.#compilation.moduleName(),
      script: scriptName(this.#options),
      sources: this.#compilation.sources().map(({ name, text }) => ({ name, text })),
      version: this.#context.version,
      directory: this.#context.directory,
      options: this.#options,
      environment: this.#context.environment,
      colors: this.#colors,
      companion: this.#companion,
    };
    if (flightRecorder) return this.#detach(request, moduleName === undefined);
    const succeeded = await runInProcess({
      ...request,
      moduleName: moduleName ?? renamedForProcess(request.moduleName, process.pid),
    });
    this.#context.streams.endSoon();
    this.#compilation.note(5, () => `run completed ${timeText(stopwatch())}`);
    return succeeded;
  }

  /** -F: another process runs it. */
  async #detach(request: RunRequest, rename: boolean): Promise<boolean> {
    const { startDetached } = await import('./detach/detached-start.ts');
    const output = request.options.outputFile === undefined ? 'ring' : 'own-file';
    return (await startDetached({ ...request, rename, output }, this.#context.streams)) !== undefined;
  }
}

/** Name of the script as messages show it. */
function scriptName({ script }: StapOptions): string {
  switch (script?.kind) {
    case 'file':
      return script.path;
    case 'example':
      return script.name;
    case 'text':
    case undefined:
      return '<input>';
  }
}

function useColors(options: StapOptions, context: SessionContext): boolean {
  if (options.color !== 'auto') return options.color === 'always';
  return isTerminal(STDERR) && context.environment['TERM'] !== 'dumb';
}
