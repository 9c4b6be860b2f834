import type { Callee } from '../ast/expression.ts';
import type { ContextCallee } from '../probes/context-variable.ts';
import type { ProbeDeclaration, ScriptFile } from '../ast/declaration.ts';
import type { Diagnostic, DiagnosticSink } from '../diagnostic/diagnostic.ts';
import { pointText } from '../probes/point-text.ts';
import type { Library } from '../tapset/library.ts';
import { addAutomaticDisplay } from './auto-display.ts';
import { replaceBadVariables } from './bad-variables.ts';
import { combineProbes } from './combine.ts';
import { checkCondition } from './conditions.ts';
import { DeclarationIndex } from './declaration-index.ts';
import type { ProbeDeriver } from './derive/probe-deriver.ts';
import type { Draft } from './draft.ts';
import { checkEnrolment } from './enrolment.ts';
import { checkForeachModification } from './foreach-modification.ts';
import { inferTypes } from './infer-program.ts';
import { semanticError } from './messages.ts';
import { optimise } from './optimise/optimise.ts';
import type { CheckedProgram, DerivedProbe, FunctionSymbol } from './program.ts';
import { checkRegexes } from './regexes.ts';
import { NameResolver } from './resolve.ts';
import { settleStatistics } from './statistics.ts';
import { SymbolTable } from './symbol-table.ts';
import { timeoutProbe } from './timeout-probe.ts';
import { BodyUsages } from './usage.ts';
import { checkUnavailableFunctions } from './unavailable-functions.ts';

/** The options of a session that pass 2 looks at. */
export interface AnalyzeOptions {
  /** `-u` */
  readonly unoptimized?: boolean;
  /** Verbosity of pass 2; notes are made from 2 on. */
  readonly verbosity?: number;
  /** `--no-global-var-display` */
  readonly noGlobalVarDisplay?: boolean;
  /** Listing modes: names and types are wanted of whatever resolves; nothing is dropped or required. */
  readonly listing?: boolean;
  /** `--skip-badvars` */
  readonly skipBadVariables?: boolean;
  /** Names of the globals that have their first value from `-G`. */
  readonly givenGlobals?: ReadonlySet<string>;
  /** `-T`: the session ends after so many milliseconds. */
  readonly timeoutMs?: number;
}

export interface AnalyzeInput {
  /** The script and those of -E, in order. */
  readonly userFiles: readonly ScriptFile[];
  readonly library: Library;
  readonly deriver: Pick<ProbeDeriver, 'derive' | 'expandFunction' | 'usedFiles' | 'errorCount'>;
  readonly options: AnalyzeOptions;
  /** Receives a line for each step worth telling at the verbosity of the options. */
  readonly note?: (line: string) => void;
}

/**
 * Pass 2: derives the probes, resolves names, optimises and infers types. Warnings and errors go to the sink;
 * undefined when there was an error.
 */
export function analyze(input: AnalyzeInput, sink: DiagnosticSink): CheckedProgram | undefined {
  const { options } = input;
  const counter = new ErrorCounter(sink);
  const verbosity = options.verbosity ?? 0;
  const note = verbosity >= 3 ? (input.note ?? ignore) : ignore;
  const symbols = new SymbolTable();
  const draft: Draft = {
    globals: [],
    functions: [],
    probes: [],
    embeds: [],
    symbols,
    usages: new BodyUsages(symbols),
    refusedTargets: new Map(),
  };
  new Collection(input, draft, counter, note).run();
  if (options.listing === true) return programToList(draft, counter);
  for (const probe of draft.probes) checkCondition(probe, counter);
  if (counter.errors + input.deriver.errorCount > 0) return undefined;
  const unoptimized = options.unoptimized === true;
  optimise(draft, { unoptimized, verbosity, sink: counter, note, givenGlobals: options.givenGlobals });
  if (counter.errors > 0) return undefined;
  checkUnavailableFunctions(draft, counter);
  if (options.skipBadVariables === true) replaceBadVariables(draft, counter);
  for (const diagnostic of inferTypes(draft)) counter.report(diagnostic);
  if (counter.errors > 0) return undefined;
  checkRegexes(draft, counter);
  if (options.noGlobalVarDisplay !== true) addAutomaticDisplay(draft);
  settleStatistics(draft, counter);
  checkForeachModification(draft, counter);
  if (!unoptimized) combineProbes(draft, verbosity >= 2 ? (input.note ?? ignore) : ignore);
  checkEnrolment(draft.probes, counter);
  if (counter.errors === 0 && draft.probes.length === 0)
    counter.report(semanticError('no-probes', 'no probes found'));
  return counter.errors > 0 ? undefined : checkedProgram(draft);
}

function checkedProgram({ globals, functions, probes, embeds, symbols }: Draft): CheckedProgram {
  return { globals, functions, probes, embeds, bindings: symbols };
}

/**
 * A listing shows what resolves, whatever else does not: types are found unless names are missing, and what
 * contradicts itself is left unknown without a message.
 */
function programToList(draft: Draft, { errors }: ErrorCounter): CheckedProgram {
  if (errors === 0) {
    // Only what is decided anyway: variables of arms that are never taken are not shown.
    optimise(draft, { unoptimized: true, verbosity: 0, sink: { report: ignore }, note: ignore });
    inferTypes(draft);
  }
  return checkedProgram(draft);
}

function ignore(): void {
  // Notes are for high verbosity only.
}

/** Passes findings on and remembers whether one of them was an error. */
class ErrorCounter implements DiagnosticSink {
  errors = 0;
  readonly #sink: DiagnosticSink;

  constructor(sink: DiagnosticSink) {
    this.#sink = sink;
  }

  report(diagnostic: Diagnostic): void {
    if (diagnostic.kind !== 'warning') this.errors++;
    this.#sink.report(diagnostic);
  }
}

/** The work list of pass 2: grows with every library file that something turns out to need. */
class Collection {
  readonly #input: AnalyzeInput;
  readonly #draft: Draft;
  readonly #sink: DiagnosticSink;
  readonly #note: (line: string) => void;
  readonly #index: DeclarationIndex;
  readonly #resolver: NameResolver;
  readonly #files: ScriptFile[] = [];
  readonly #known = new Set<ScriptFile>();
  #resolvedFunctions = 0;

  constructor(input: AnalyzeInput, draft: Draft, sink: DiagnosticSink, note: (line: string) => void) {
    this.#input = input;
    this.#draft = draft;
    this.#sink = sink;
    this.#note = note;
    this.#index = new DeclarationIndex(input.userFiles, input.library);
    this.#resolver = new NameResolver(draft, this.#index, {
      fileUsed: (file) => this.#addFile(file),
      report: (diagnostic) => sink.report(diagnostic),
    });
  }

  run(): void {
    for (const file of this.#input.userFiles) this.#addFile(file);
    const { timeoutMs } = this.#input.options;
    const timeout = timeoutMs === undefined ? undefined : timeoutProbe(timeoutMs);
    for (let next = this.#files.shift(); next !== undefined; next = this.#files.shift()) {
      for (const embed of next.embeds) this.#addEmbed(next, embed);
      // A listing is about the points it names, not about what the library does besides.
      if (this.#input.options.listing !== true || next.source.origin === 'script')
        for (const probe of next.probes) this.#deriveProbe(probe);
      this.#resolveFunctions();
      if (this.#files.length === 0) this.#addDerivationFiles();
    }
    if (timeout === undefined) return;
    this.#deriveProbe(timeout);
    this.#resolveFunctions();
  }

  #addFile(file: ScriptFile): void {
    if (this.#known.has(file)) return;
    this.#known.add(file);
    this.#index.addFile(file);
    this.#files.push(file);
  }

  #addEmbed(file: ScriptFile, embed: ScriptFile['embeds'][number]): void {
    if (file.source.origin === 'script')
      this.#sink.report(
        semanticError('embedded-code-unsupported', 'embedded C code is not supported', embed.token),
      );
    else this.#draft.embeds.push(embed);
  }

  #deriveProbe(declaration: ProbeDeclaration): void {
    const derived = this.#input.deriver.derive(declaration);
    // Private names of an alias's file must be known before its body is resolved.
    this.#addDerivationFiles();
    for (const probe of derived) this.#addProbe(probe);
  }

  #addDerivationFiles(): void {
    for (const file of this.#input.deriver.usedFiles) this.#addFile(file);
  }

  #addProbe(probe: DerivedProbe): void {
    this.#note(`symbol resolution for derived-probe ${pointText(probe.point)}`);
    for (const [target, reason] of probe.unresolvedTargets) this.#draft.refusedTargets.set(target, reason);
    this.#draft.probes.push(probe);
    this.#resolver.resolveProbe(probe);
  }

  /** Calls that stand for what is typed by C in a function. */
  #expandFunction(symbol: FunctionSymbol): ReadonlyMap<Callee, ContextCallee> {
    if (symbol.body.kind !== 'script') return new Map();
    const { body, contextCallees, unresolvedTargets } = this.#input.deriver.expandFunction(symbol.body.block);
    symbol.body = { kind: 'script', block: body };
    for (const [target, reason] of unresolvedTargets) this.#draft.refusedTargets.set(target, reason);
    return contextCallees;
  }

  /** Functions that a resolved body calls are appended to the list while it is being worked off. */
  #resolveFunctions(): void {
    for (; this.#resolvedFunctions < this.#draft.functions.length; this.#resolvedFunctions++) {
      const symbol = this.#draft.functions[this.#resolvedFunctions];
      if (symbol === undefined) break;
      this.#note(`symbol resolution for function ${symbol.mangledName}`);
      this.#resolver.resolveFunction(symbol, this.#expandFunction(symbol));
    }
  }
}
