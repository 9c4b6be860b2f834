import { writeFileSync } from 'node:fs';
import { parseColors, type Colors } from '../diagnostic/colors.ts';
import type { CompiledModule } from '../module/compiled-module.ts';
import { moduleText } from '../module/compiled-module-text.ts';
import { printProgram } from '../semantic/print-program.ts';
import type { CheckedProgram } from '../semantic/program.ts';
import { Compilation, type ParsedScripts } from './compilation.ts';
import { parseTreeDump } from './parse-tree-dump.ts';
import { isTerminal } from './is-terminal.ts';
import { keepGoingReport } from './keep-going-report.ts';
import { listingLines } from './listing.ts';
import { renamedForProcess } from './module-name.ts';
import { passFailureLine } from './pass-failure.ts';
import { startStopwatch, timeText } from './pass-report.ts';
import { runInProcess } from './run-session.ts';
import type { SessionContext } from './session-context.ts';
import type { Listing, StapOptions } from './stap-options.ts';

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

  constructor(options: StapOptions, context: SessionContext) {
    this.#options = options;
    this.#context = context;
    this.#colors = useColors(options, context)
      ? parseColors(context.environment['SYSTEMTAP_COLORS'])
      : undefined;
    this.#compilation = new Compilation(options, context, this.#colors);
  }

  async run(): Promise<boolean> {
    const { listing, resourceLimits } = this.#options;
    if (resourceLimits.length > 0) {
      const { applyResourceLimits } = await import('./resource-limits.ts');
      const problem = applyResourceLimits(resourceLimits);
      if (problem !== undefined) {
        this.#context.streams.error(`${problem}\n`);
        return false;
      }
    }
    if (listing !== undefined) return this.#list(listing);
    const failed = await this.#runPasses();
    const isText = this.#options.diagnosticsFormat === 'text';
    if (failed !== undefined && (isText || failed === 5))
      this.#context.streams.error(passFailureLine(failed));
    this.#compilation.log.printSuppressed();
    return failed === undefined;
  }

  #list(listing: Listing): boolean {
    const lines = listingLines(this.#compilation, listing, this.#options) ?? [];
    this.#context.streams.out(lines.map((line) => `${line}\n`).join(''));
    return lines.length > 0;
  }

  /** The pass that failed; undefined when all that were asked for went well. */
  async #runPasses(): Promise<Pass | undefined> {
    const { lastPass, verbosity } = this.#options;
    const { streams } = this.#context;
    const parsed = this.#compilation.parse();
    if (parsed !== undefined && lastPass === 1) streams.out(this.#parseTree(parsed));
    if (parsed === undefined || lastPass === 1) return parsed === undefined ? 1 : undefined;

    const program = this.#analyze(parsed);
    if (program !== undefined && lastPass === 2) streams.out(printProgram(program, verbosity[1] > 0));
    if (program === undefined || lastPass === 2) return program === undefined ? 2 : undefined;

    const module = this.#compilation.translate(program);
    if (module !== undefined && lastPass === 3) streams.out(`${module.code}\n`);
    if (module === undefined || lastPass === 3) return module === undefined ? 3 : undefined;

    if (!this.#compile(module)) return 4;
    if (lastPass === 4) return undefined;
    return (await this.#execute(module)) ? undefined : 5;
  }

  #parseTree({ files, library }: ParsedScripts): string {
    return parseTreeDump(files, this.#options.verbosity[0] > 0 ? library.library : undefined);
  }

  #analyze(parsed: ParsedScripts): CheckedProgram | undefined {
    const program = this.#compilation.analyze(parsed);
    if (this.#options.keepGoing && program === undefined)
      this.#context.streams.error(keepGoingReport(this.#compilation.log.diagnostics));
    return program;
  }

  /** Pass 4 has nothing to compile; -p4 saves the module where SystemTap saves one, for staprun. */
  #compile(module: CompiledModule): boolean {
    const stopwatch = startStopwatch();
    const fileName = `${this.#compilation.moduleName()}.ko`;
    if (this.#options.lastPass === 4) {
      try {
        writeFileSync(fileName, moduleText(module));
      } catch (error) {
        this.#context.streams.error(`ERROR: ${error instanceof Error ? error.message : String(error)}\n`);
        return false;
      }
      this.#context.streams.out(`${fileName}\n`);
    }
    this.#compilation.note(4, () => `compiled JavaScript into "${fileName}" ${timeText(stopwatch())}`);
    return true;
  }

  async #execute(module: CompiledModule): Promise<boolean> {
    const stopwatch = startStopwatch();
    const { moduleName, flightRecorder } = this.#options;
    this.#compilation.note(5, () => 'starting run.');
    if (flightRecorder) return this.#detach(module);
    const succeeded = await runInProcess({
      module,
      moduleName: moduleName ?? renamedForProcess(this.#compilation.moduleName(), process.pid),
      options: this.#options,
      environment: this.#context.environment,
      colors: this.#colors,
    });
    this.#compilation.note(5, () => `run completed ${timeText(stopwatch())}`);
    return succeeded;
  }

  /** -F -o FILE: the number of the process that goes on is all that is printed. */
  async #detach(module: CompiledModule): Promise<boolean> {
    const { startInBackground } = await import('./background-run.ts');
    const name = this.#compilation.moduleName();
    const pid = await startInBackground(module, name, this.#options, this.#context);
    if (pid !== undefined) this.#context.streams.out(`${pid}\n`);
    return pid !== undefined;
  }
}

function useColors(options: StapOptions, context: SessionContext): boolean {
  if (options.color !== 'auto') return options.color === 'always';
  return isTerminal(STDERR) && context.environment['TERM'] !== 'dumb';
}
