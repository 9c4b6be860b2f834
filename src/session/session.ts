import type { ScriptFile } from '../ast/declaration.ts';
import { parseColors, type Colors } from '../diagnostic/colors.ts';
import { DiagnosticLog } from '../diagnostic/log.ts';
import type { CompiledModule } from '../module/compiled-module.ts';
import { parseOptions, type ParseOptions } from '../parse/parse-options.ts';
import { parseScript } from '../parse/parse-script.ts';
import { limitsFromDefines } from '../runtime/limits.ts';
import { analyze } from '../semantic/analyze.ts';
import { ProbeDeriver } from '../semantic/derive/probe-deriver.ts';
import type { CheckedProgram } from '../semantic/program.ts';
import { translate } from '../translate/translate.ts';
import { conditionFacts } from './condition-facts.ts';
import { isTerminal } from './is-terminal.ts';
import { digestedModuleName, renamedForProcess } from './module-name.ts';
import { passFailureLine } from './pass-failure.ts';
import { counted, memoryAndTimeText, startStopwatch, timeText } from './pass-report.ts';
import { runInProcess } from './run-session.ts';
import { readScripts } from './script-input.ts';
import type { SessionContext } from './session-context.ts';
import type { StapOptions } from './stap-options.ts';
import { SYSTEMTAP_VERSION } from './systemtap-version.ts';
import { openLibrary, type OpenedLibrary } from './tapset-library.ts';

const STDERR = 2;

/** Runs the passes that the options ask for. Resolves to the exit status of stap: 0 or 1. */
export async function runSession(options: StapOptions, context: SessionContext): Promise<number> {
  const session = new Session(options, context);
  const succeeded = await session.run();
  session.finish();
  return succeeded ? 0 : 1;
}

/** What pass 1 hands on. */
interface ParsedScripts {
  readonly files: readonly ScriptFile[];
  readonly library: OpenedLibrary;
}

/** One session, pass by pass. Passes return undefined when they failed; why has been printed then. */
class Session {
  readonly #options: StapOptions;
  readonly #context: SessionContext;
  readonly #colors: Colors | undefined;
  readonly #log: DiagnosticLog;
  readonly #usedArguments = new Set<number>();
  readonly #texts: string[] = [];

  constructor(options: StapOptions, context: SessionContext) {
    this.#options = options;
    this.#context = context;
    this.#colors = useColors(options, context)
      ? parseColors(context.environment['SYSTEMTAP_COLORS'])
      : undefined;
    this.#log = new DiagnosticLog({
      write: (text) => context.streams.error(text),
      verbose: options.verbosity[0] > 0,
      warnings: options.suppressWarnings ? 'hide' : options.warningsAsErrors ? 'error' : 'show',
      colors: this.#colors,
    });
  }

  async run(): Promise<boolean> {
    const { lastPass } = this.#options;
    const parsed = this.#parse();
    if (parsed === undefined) return this.#failed(1);
    if (lastPass === 1) return true;
    const program = this.#analyze(parsed);
    if (program === undefined) return this.#failed(2);
    if (lastPass === 2) return true;
    const module = this.#translate(program);
    if (module === undefined) return this.#failed(3);
    if (lastPass === 3) return true;
    return (await this.#execute(module)) || this.#failed(5);
  }

  /** The lines that end every session. */
  finish(): void {
    this.#log.printSuppressed();
  }

  #failed(pass: 1 | 2 | 3 | 4 | 5): false {
    if (this.#options.listing === undefined) this.#context.streams.error(passFailureLine(pass));
    return false;
  }

  #note(pass: 1 | 2 | 3 | 4 | 5, line: string): void {
    if ((this.#options.verbosity[pass - 1] ?? 0) > 0) this.#context.streams.error(`Pass ${pass}: ${line}\n`);
  }

  #parse(): ParsedScripts | undefined {
    const stopwatch = startStopwatch();
    const options = this.#options;
    const parse = parseOptions({
      guru: options.guru,
      compatible: options.compatible ?? SYSTEMTAP_VERSION,
      scriptArguments: options.scriptArguments,
      onArgumentUsed: (number) => this.#usedArguments.add(number),
      facts: conditionFacts(options, SYSTEMTAP_VERSION),
    });
    const library = this.#openLibrary(parse);
    const files = readScripts(options, this.#log).flatMap((source) => {
      this.#texts.push(source.text);
      const file = parseScript(source, { ...parse, libraryMacros: library.macros }, this.#log);
      this.#log.printParseErrorCount();
      return file === undefined ? [] : [file];
    });
    const libraryText = counted(library.library.size, 'library script');
    this.#note(1, `parsed user script and ${libraryText} ${memoryAndTimeText(stopwatch())}`);
    return this.#log.errorCount > 0 ? undefined : { files, library };
  }

  #openLibrary(parse: ParseOptions): OpenedLibrary {
    const { environment, directory, streams } = this.#context;
    return openLibrary({
      directory,
      includeDirectories: this.#options.includeDirectories,
      tapsetVariable: environment['SYSTEMTAP_TAPSET'],
      dataDirectories: environment['XDG_DATA_DIRS'],
      parse,
      sink: new DiagnosticLog({ write: (text) => streams.error(text), colors: this.#colors }),
    });
  }

  #analyze({ files, library }: ParsedScripts): CheckedProgram | undefined {
    const stopwatch = startStopwatch();
    const options = this.#options;
    const { streams } = this.#context;
    const verbosity = options.verbosity[1];
    const deriver = new ProbeDeriver({
      scripts: files,
      library: library.library,
      sink: this.#log,
      privileged: options.privilege !== 'stapusr',
      trace: (level, line) => {
        if (verbosity >= level) streams.error(`${line}\n`);
      },
    });
    const program = analyze(
      {
        userFiles: files,
        library: library.library,
        deriver,
        options: {
          unoptimized: options.unoptimized,
          verbosity,
          noGlobalVarDisplay: !options.globalDisplay,
          ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
        },
        note: (line) => streams.error(`${line}\n`),
      },
      this.#log,
    );
    this.#note(2, `analyzed script: ${programText(program)} ${memoryAndTimeText(stopwatch())}`);
    if (program === undefined || this.#log.errorCount > 0) return undefined;
    this.#warnAboutUnusedArguments();
    return program;
  }

  #warnAboutUnusedArguments(): void {
    this.#options.scriptArguments.forEach((_, index) => {
      const number = index + 1;
      if (this.#usedArguments.has(number)) return;
      this.#log.report({
        kind: 'warning',
        code: 'unused-argument',
        message: `unused command line option $${number}/@${number}`,
      });
    });
  }

  #translate(program: CheckedProgram): CompiledModule | undefined {
    const stopwatch = startStopwatch();
    const { definitions, suppressTimeLimits, unoptimized } = this.#options;
    const limits = limitsFromDefines(definitions.map(({ name, value }) => `${name}=${value}`));
    const module = translate(program, { limits, suppressTimeLimits, unoptimized }, this.#log);
    this.#note(
      3,
      `translated to JavaScript into "${this.#moduleName()}.js" ${memoryAndTimeText(stopwatch())}`,
    );
    return module;
  }

  async #execute(module: CompiledModule): Promise<boolean> {
    const stopwatch = startStopwatch();
    this.#note(5, 'starting run.');
    const succeeded = await runInProcess({
      module,
      moduleName: this.#options.moduleName ?? renamedForProcess(this.#moduleName(), process.pid),
      options: this.#options,
      environment: this.#context.environment,
      colors: this.#colors,
    });
    this.#note(5, `run completed ${timeText(stopwatch())}`);
    return succeeded;
  }

  /** -m, or a digest of everything the module is made of. */
  #moduleName(): string {
    const { moduleName, scriptArguments, definitions, unoptimized } = this.#options;
    if (moduleName !== undefined) return moduleName;
    const defined = definitions.map(({ name, value }) => `${name}=${value}`);
    return digestedModuleName([
      SYSTEMTAP_VERSION,
      ...this.#texts,
      ...scriptArguments,
      ...defined,
      unoptimized ? '-u' : '',
    ]);
  }
}

function programText(program: CheckedProgram | undefined): string {
  const counts = [
    counted(program?.probes.length ?? 0, 'probe'),
    counted(program?.functions.length ?? 0, 'function'),
    counted(program?.embeds.length ?? 0, 'embed'),
    counted(program?.globals.length ?? 0, 'global'),
  ];
  return counts.join(', ');
}

function useColors(options: StapOptions, context: SessionContext): boolean {
  if (options.color !== 'auto') return options.color === 'always';
  return isTerminal(STDERR) && context.environment['TERM'] !== 'dumb';
}
