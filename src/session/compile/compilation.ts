import type { ScriptFile } from '../../ast/declaration.ts';
import type { Colors } from '../../diagnostic/colors.ts';
import { BugError } from '../../diagnostic/bug-error.ts';
import type { DiagnosticKind } from '../../diagnostic/diagnostic.ts';
import { DiagnosticLog } from '../../diagnostic/log.ts';
import type { CompiledModule } from '../../module/compiled-module.ts';
import { isKernelEvent } from '../../module/probe-event.ts';
import { parseOptions, type ConditionFacts, type ParseOptions } from '../../parse/parse-options.ts';
import { compareVersions } from '../../parse/version-order.ts';
import type { ProbeEnvironment } from '../../probes/kernel-facts.ts';
import { limitsFromDefines } from '../../runtime/limits.ts';
import type { CheckedProgram } from '../../semantic/program.ts';
import type { SourceFile } from '../../source/source-file.ts';
import type { StapmodFacts } from '../../stapmod/stapmod.ts';
import type { TranslateOptions } from '../../translate/translate-options.ts';
import type * as Compiler from './compiler.ts';
import { conditionFacts } from './condition-facts.ts';
import { kernelSurroundings } from './kernel-surroundings.ts';
import { availableLibraryFiles, type LibraryPlaces } from './library-places.ts';
import { mayProbeFunctions } from './may-probe-functions.ts';
import { moduleInputs } from './module-inputs.ts';
import { digestedModuleName } from '../module-name.ts';
import { counted, memoryAndTimeText, startStopwatch } from './pass-report.ts';
import type { ProbeEnvironmentOptions } from './probe-environment.ts';
import { readScripts } from './script-input.ts';
import type { SessionContext } from '../session-context.ts';
import type { StapOptions } from '../stap-options.ts';
import { SYSTEMTAP_VERSION } from './systemtap-version.ts';
import type { OpenedLibrary } from './tapset-library.ts';

/** What pass 1 hands on. */
export interface ParsedScripts {
  readonly files: readonly ScriptFile[];
  readonly library: OpenedLibrary;
}

const LISTING_MUTED: ReadonlySet<DiagnosticKind> = new Set([
  'semantic-error',
  'translation-error',
  'warning',
]);

/**
 * Passes 1 to 3 of one session with their `Pass N:` lines. Each pass returns undefined when it failed; why has
 * been printed then.
 */
export class Compilation {
  /** Everything that was found about the scripts. */
  readonly log: DiagnosticLog;
  readonly #options: StapOptions;
  readonly #context: SessionContext;
  readonly #colors: Colors | undefined;
  readonly #usedArguments = new Set<number>();
  readonly #facts: ConditionFacts;
  readonly #kernelSettings = new Map<string, string>();
  #loaded: typeof Compiler | undefined;
  #sources: readonly SourceFile[] | undefined;
  #inputs: string | undefined;
  #library: OpenedLibrary | undefined;
  #environment: ProbeEnvironment | undefined;
  #triedFunctionProbes: ProbeEnvironmentOptions['functionProbes'];
  /** Something about the library was told. */
  #libraryComplained = false;

  constructor(options: StapOptions, context: SessionContext, colors: Colors | undefined) {
    this.#options = options;
    this.#context = context;
    this.#colors = colors;
    const facts = conditionFacts(options, SYSTEMTAP_VERSION);
    this.#facts = {
      ...facts,
      kernelConfig: (name) => {
        const value = facts.kernelConfig(name);
        this.#kernelSettings.set(name, value);
        return value;
      },
    };
    const muted = options.listing !== undefined && options.verbosity[1] < 2;
    this.log = new DiagnosticLog({
      write: (text) => context.streams.error(text),
      // For a program no repetition is one too many.
      verbose: options.verbosity[0] > 0 || options.diagnosticsFormat === 'json',
      warnings: options.suppressWarnings ? 'hide' : options.warningsAsErrors ? 'error' : 'show',
      colors,
      format: options.diagnosticsFormat,
      ...(muted ? { mutedKinds: LISTING_MUTED } : {}),
    });
  }

  /** Loads the compiler; to be awaited before the first pass. What the script cache holds needs none. */
  async load(): Promise<void> {
    this.#loaded = await import('./compiler.ts');
    const scripts = this.sources();
    this.#loaded.expectScripts(scripts);
    // Libraries of the user's own are not searched.
    const hasLibrary = this.#options.includeDirectories.length > 0;
    if (hasLibrary || scripts.some(({ text }) => mayProbeFunctions(text)))
      this.#triedFunctionProbes = (await import('./tried-function-probes.ts')).triedFunctionProbes;
  }

  /** Pass 1: the user's scripts parsed, the library opened. */
  parse(): ParsedScripts | undefined {
    const stopwatch = startStopwatch();
    const options = this.#options;
    const parse = parseOptions({
      guru: options.guru,
      compatible: options.compatible ?? SYSTEMTAP_VERSION,
      scriptArguments: options.scriptArguments,
      onArgumentUsed: (number) => this.#usedArguments.add(number),
      facts: this.#facts,
    });
    const library = (this.#library = this.#openLibrary(parse));
    this.#tellSurroundings(parse, library);
    const files = this.sources().flatMap((source) => {
      const file = this.#compiler.parseScript(source, { ...parse, libraryMacros: library.macros }, this.log);
      this.log.printParseErrorCount();
      return file === undefined ? [] : [file];
    });
    this.note(1, () => {
      const scripts = counted(library.library.size, 'library script');
      return `parsed user script and ${scripts} ${memoryAndTimeText(stopwatch())}`;
    });
    return this.log.errorCount > 0 ? undefined : { files, library };
  }

  /** Parses a text of our own, without arguments and macros. */
  parseText(source: SourceFile): ScriptFile | undefined {
    return this.#compiler.parseScript(source, parseOptions(), this.log);
  }

  /** Pass 2: the program that user files and library make together. */
  analyze(parsed: ParsedScripts): CheckedProgram | undefined {
    const stopwatch = startStopwatch();
    const program = this.analyzeFiles(parsed.files, parsed.library);
    this.note(2, () => `analyzed script: ${programText(program)} ${memoryAndTimeText(stopwatch())}`);
    if (program === undefined || this.log.errorCount > 0) return undefined;
    this.#warnAboutUnusedArguments(program);
    return program;
  }

  /** Pass 2 without its line, for files given one by one. */
  analyzeFiles(files: readonly ScriptFile[], { library }: OpenedLibrary): CheckedProgram | undefined {
    const options = this.#options;
    const { streams } = this.#context;
    const verbosity = options.verbosity[1];
    const deriver = new this.#compiler.ProbeDeriver({
      scripts: files,
      library,
      sink: this.log,
      privileged: options.privilege !== 'stapusr',
      aliasSuffixes: compareVersions(options.compatible ?? SYSTEMTAP_VERSION, '2.0') >= 0,
      trace: (level, line) => {
        if (verbosity >= level) streams.error(`${line}\n`);
      },
      environment: this.probeEnvironment(),
    });
    return this.#compiler.analyze(
      {
        userFiles: files,
        library,
        deriver,
        options: {
          unoptimized: options.unoptimized,
          verbosity,
          noGlobalVarDisplay: !options.globalDisplay,
          skipBadVariables: options.skipBadVariables,
          listing: options.listing !== undefined,
          givenGlobals: new Set(options.globals.map(({ name }) => name)),
          ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
        },
        note: (line) => streams.error(`${line}\n`),
      },
      this.log,
    );
  }

  /** What kernel and process probes of the script are about. */
  probeEnvironment(): ProbeEnvironment {
    return (this.#environment ??= this.#compiler.probeEnvironment({
      ...this.#options,
      kernelRelease: this.#facts.kernelRelease,
      environment: this.#context.environment,
      functionProbes: this.#triedFunctionProbes,
    }));
  }

  /** Pass 3: the program as JavaScript, and what of it runs in the kernel. */
  async translate(program: CheckedProgram): Promise<CompiledModule | undefined> {
    const stopwatch = startStopwatch();
    const { suppressTimeLimits, unoptimized } = this.#options;
    const limits = limitsFromDefines(this.#defines());
    const options = { limits, suppressTimeLimits, unoptimized };
    const alone = this.#compiler.translate(program, options, this.log);
    const module = alone && (await this.#withKernelPart(program, alone, options));
    this.note(
      3,
      () => `translated to JavaScript into "${this.moduleName()}.js" ${memoryAndTimeText(stopwatch())}`,
    );
    return module;
  }

  /** What the module is called before it runs: -m, or a digest of everything it is made of. */
  moduleName(): string {
    return this.#options.moduleName ?? digestedModuleName(this.inputs());
  }

  /** Name of the main script as messages show it. */
  scriptName(): string {
    return this.sources()[0]?.name ?? '<input>';
  }

  /** Everything the module is made of, as one line; see `moduleInputs`. Can be asked before pass 1. */
  inputs(): string {
    return (this.#inputs ??= moduleInputs(this.#options, this.#context, this.sources(), {
      facts: this.#facts,
      libraryFiles: availableLibraryFiles(this.#libraryPlaces(), this.#facts),
    }));
  }

  /** A setting of the kernel's configuration, empty when it is not set. */
  kernelSetting(name: string): string {
    return this.#facts.kernelConfig(name);
  }

  /** What a compiled module is to tell about itself; the passes 1 to 3 are over. */
  moduleFacts(module: CompiledModule): StapmodFacts {
    const options = this.#options;
    const kernel = kernelSurroundings(module, options);
    return {
      name: this.moduleName(),
      timing: options.timing,
      timingAnywhere: options.definitions.some(({ name }) => name === 'STP_FORCE_STDOUT_TTY'),
      suppressHandlerErrors: options.suppressHandlerErrors,
      silent: this.log.diagnostics.length + this.log.hiddenWarningCount === 0 && !this.#libraryComplained,
      libraryFiles: this.#library?.usedFiles() ?? [],
      kernelSettings: [...this.#kernelSettings],
      ...(kernel !== undefined && { kernel }),
    };
  }

  /** Prints a line about a pass when its verbosity asks for it. The text is made only then. */
  note(pass: 1 | 2 | 3 | 4 | 5, text: () => string): void {
    const level = this.#options.verbosity[pass - 1] ?? 0;
    if (level > 0 && this.#options.listing === undefined)
      this.#context.streams.error(`Pass ${pass}: ${text()}\n`);
  }

  /** Loads the planner only for scripts that have such probes. */
  async #withKernelPart(
    program: CheckedProgram,
    alone: CompiledModule,
    options: TranslateOptions,
  ): Promise<CompiledModule | undefined> {
    if (!program.probes.some(({ event }) => isKernelEvent(event))) return alone;
    const { planKernel } = await import('./kernel-plan.ts');
    const plan = planKernel(program, this.#options, options.limits, this.probeEnvironment(), this.log);
    if (this.log.errorCount > 0) return undefined;
    if (plan === undefined) return alone;
    const { part, pausing } = plan;
    if (part.globals.length === 0) return { ...alone, kernel: part };
    const cells = new Set(part.globals.flatMap(({ kind, global }) => (kind === 'cell' ? [global] : [])));
    const translated = this.#compiler.translate(
      program,
      { ...options, kernel: { cells, pausing } },
      this.log,
    );
    return translated && { ...translated, kernel: part };
  }

  get #compiler(): typeof Compiler {
    if (this.#loaded === undefined) throw new BugError('the compiler is not loaded');
    return this.#loaded;
  }

  /** What SystemTap tells at verbosity 2 before it parses. */
  #tellSurroundings({ facts }: ParseOptions, { searched }: OpenedLibrary): void {
    if (this.#options.verbosity[0] < 2) return;
    const lines = [`Session arch: ${facts.architecture} release: ${facts.kernelRelease}`];
    for (const { directory, found, paths } of searched)
      if (found > 0) lines.push(`Searched: "${directory}", found: ${found}, processed: ${paths.length}`);
    this.#context.streams.error(lines.map((line) => `${line}\n`).join(''));
  }

  #defines(): readonly string[] {
    return this.#options.definitions.map(({ name, value }) => `${name}=${value}`);
  }

  /** The texts of the script, read once. */
  sources(): readonly SourceFile[] {
    return (this.#sources ??= readScripts(this.#options, this.#context.directory, this.log));
  }

  #libraryPlaces(): LibraryPlaces {
    const { environment, directory } = this.#context;
    return {
      directory,
      includeDirectories: this.#options.includeDirectories,
      tapsetVariable: environment['SYSTEMTAP_TAPSET'],
      dataDirectories: environment['XDG_DATA_DIRS'],
    };
  }

  #openLibrary(parse: ParseOptions): OpenedLibrary {
    return this.#compiler.openLibrary({
      ...this.#libraryPlaces(),
      parse,
      sink: new DiagnosticLog({
        write: (text) => {
          this.#libraryComplained = true;
          this.#context.streams.error(text);
        },
        colors: this.#colors,
        format: this.#options.diagnosticsFormat,
      }),
    });
  }

  /** A script that looks at argc or argv uses all arguments. */
  #warnAboutUnusedArguments(program: CheckedProgram): void {
    if (program.globals.some(({ name }) => name === 'argc' || name === 'argv')) return;
    this.#options.scriptArguments.forEach((_, index) => {
      const number = index + 1;
      if (this.#usedArguments.has(number)) return;
      this.log.report({
        kind: 'warning',
        code: 'unused-argument',
        message: `unused command line option $${number}/@${number}`,
      });
    });
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
