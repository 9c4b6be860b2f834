import type { ProbeDeclaration, ProbePoint, ScriptFile } from '../../ast/declaration.ts';
import type { Callee, Expression } from '../../ast/expression.ts';
import { printProbePoint } from '../../ast/print-script.ts';
import type { Block } from '../../ast/statement.ts';
import { cloneBlock, cloneExpression } from '../../ast/walk.ts';
import { DiagnosticError, type Diagnostic, type DiagnosticSink } from '../../diagnostic/diagnostic.ts';
import { describePlace, describeToken } from '../../diagnostic/render.ts';
import type { ProbeEvent } from '../../module/probe-event.ts';
import type { ContextCallee } from '../../probes/context-variable.ts';
import type { ProbeEnvironment } from '../../probes/kernel-facts.ts';
import type { PatternTree, PointBuilder } from '../../probes/pattern-tree.ts';
import { pointDiagnostic, pointError } from '../../probes/point-error.ts';
import { pointToken } from '../../probes/point-text.ts';
import type { ContextNames, ExpandedBody, ProbeFamily } from '../../probes/probe-family.ts';
import { expandTypedExpressions } from '../../probes/typed-expressions.ts';
import { unknownEnvironment } from '../../probes/unknown-kernel.ts';
import type { Library } from '../../tapset/library.ts';
import type { DerivationStep, DerivedProbe } from '../program.ts';
import { expandAlias, expansionsOf, type ProbeUse } from './alias-expansion.ts';
import { buildPatternTree, type AliasBinding } from './alias-registry.ts';
import { CommonBodies } from './common-bodies.ts';
import { createContextNames } from './context-names.ts';
import { EntryValues } from './entry-values.ts';

/** Uses of aliases in one script: each alias may stand for several others. */
const EXPANSION_LIMIT = 20_000;

export interface ProbeDeriverOptions {
  /** The user's files; their aliases are known everywhere. */
  readonly scripts: readonly ScriptFile[];
  readonly library: Library;
  readonly sink: DiagnosticSink;
  /** false for `--privilege=stapusr`. */
  readonly privileged?: boolean;
  /** false for `--compatible` below 2.0: no components may follow the name of an alias. */
  readonly aliasSuffixes?: boolean;
  /** What kernel and process probes are about. */
  readonly environment?: ProbeEnvironment;
  /** Receives what SystemTap tells about derivation at that verbosity of pass 2 (2 or 3); a line without newline. */
  readonly trace?: (verbosity: number, line: string) => void;
}

/**
 * Turns probe declarations into probes with one resolved point each: expands aliases and wildcards, checks points
 * and arguments, and puts calls in place of context variables. One deriver serves one script.
 */
export class ProbeDeriver {
  readonly #library: Library;
  readonly #sink: DiagnosticSink;
  readonly #trace: (verbosity: number, line: string) => void;
  readonly #environment: ProbeEnvironment;
  readonly #tree: PatternTree<AliasBinding>;
  readonly #contextNames: ContextNames = createContextNames();
  readonly #commonBodies = new CommonBodies();
  readonly #usedFiles = new Set<ScriptFile>();
  readonly #entryValues: EntryValues;
  #errorCount = 0;
  #expansions = 0;

  constructor(options: ProbeDeriverOptions) {
    this.#library = options.library;
    this.#sink = {
      report: (diagnostic) => {
        this.#errorCount++;
        options.sink.report(diagnostic);
      },
    };
    this.#trace = options.trace ?? ignoreTrace;
    this.#entryValues = new EntryValues(this.#contextNames, options.sink);
    this.#environment = options.environment ?? unknownEnvironment('the kernel was not asked');
    this.#tree = buildPatternTree({ ...options, environment: this.#environment, sink: this.#sink });
  }

  /** Number of errors reported so far; a program with any is not complete. */
  get errorCount(): number {
    return this.#errorCount;
  }

  /**
   * Library files whose aliases gave probes, in the order of first use; their own probes join the program. Then those
   * that declare what `@entry` keeps.
   */
  get usedFiles(): readonly ScriptFile[] {
    return [...this.#usedFiles, ...this.#entryValues.files];
  }

  /**
   * The probes that a declaration stands for, in SystemTap's order, each with a condition of its own and, unless nothing
   * in it is about the event (`CommonBodies`), a body of its own (fresh leaves). Points that do not resolve are reported to the sink and left out.
   */
  derive(probe: ProbeDeclaration): readonly DerivedProbe[] {
    const derived: DerivedProbe[] = [];
    const use: ProbeUse = { points: probe.points, body: probe.body, token: probe.token };
    this.#derive(probe, use, derived, false, false);
    return derived;
  }

  /** The body of a function with the calls that stand for what is typed by C in it: `@cast` and its like. */
  expandFunction(body: Block): ExpandedBody {
    return this.#expandTyped(withoutContext(body));
  }

  #expandTyped(expanded: ExpandedBody): ExpandedBody {
    return expandTypedExpressions(expanded, this.#environment, this.#contextNames);
  }

  /** `rethrow`: the first failure ends everything, as for the points behind an alias that is used with a suffix. */
  #derive(
    probe: ProbeDeclaration,
    use: ProbeUse,
    derived: DerivedProbe[],
    optional: boolean,
    rethrow: boolean,
  ): void {
    for (const [index, point] of use.points.entries()) {
      this.#trace(
        2,
        `derive-probes (location #${index}): ${printProbePoint(point)} of ${describeToken(use.token)} at ${describePlace(use.token)}`,
      );
      const before = derived.length;
      try {
        this.#resolve(probe, use, point, derived);
        if (derived.length > before) {
          if (!point.sufficient) continue;
          const skipped = use.points.slice(index + 1).map((other) => ` ${printProbePoint(other)}`);
          this.#trace(2, `Probe point ${printProbePoint(point)} sufficient, skipped${skipped.join('')}`);
          return;
        }
        if (!point.optional && !optional) throw pointError('no-match', 'no match');
      } catch (error) {
        if (!(error instanceof DiagnosticError) || rethrow) throw error;
        if (!point.optional && !optional) this.#sink.report(whileResolving(point, error.diagnostic));
      }
    }
  }

  #resolve(probe: ProbeDeclaration, use: ProbeUse, point: ProbePoint, derived: DerivedProbe[]): void {
    const builder: PointBuilder<AliasBinding> = {
      build: (ending, resolved) => {
        if (ending.kind === 'family')
          for (const match of ending.family.matches?.(resolved) ?? [resolved])
            derived.push(...this.#build(probe, use, match, ending.family));
        else this.#expand(probe, use, ending.alias, resolved, resolved.components.length, derived);
      },
      buildWithSuffix: (alias, resolved, suffixStart) =>
        this.#expand(probe, use, alias, resolved, suffixStart, derived),
      count: () => derived.length,
      wildcardMatched: (pattern, name) => this.#trace(3, `wildcard '${pattern}' matched '${name}'`),
    };
    try {
      this.#tree.resolve(point, builder);
    } catch (error) {
      if (!(error instanceof DiagnosticError) || !point.optional) throw error;
    }
  }

  #expand(
    probe: ProbeDeclaration,
    use: ProbeUse,
    binding: AliasBinding,
    point: ProbePoint,
    suffixStart: number,
    derived: DerivedProbe[],
  ): void {
    for (const alias of binding.declarations(use.body)) {
      if (++this.#expansions > EXPANSION_LIMIT)
        throw pointError('too-many-expansions', `probes expand to more than ${EXPANSION_LIMIT} aliases`);
      const before = derived.length;
      const expanded = expandAlias(alias, use, point, suffixStart);
      this.#derive(probe, expanded, derived, point.optional, suffixStart < point.components.length);
      if (derived.length > before && binding.origin === 'library')
        this.#usedFiles.add(this.#library.fileOfAlias(alias));
    }
  }

  /** The probe, and before it the one that keeps what its `@entry` asks for. */
  #build(
    probe: ProbeDeclaration,
    use: ProbeUse,
    resolved: ProbePoint,
    family: ProbeFamily,
  ): readonly DerivedProbe[] {
    const event = family.build(resolved);
    const listVariables = family.listVariables && {
      listVariables: () => family.listVariables?.(event) ?? [],
    };
    const common = this.#commonBodies.of(use.body);
    if (common !== undefined) {
      const expanded = withoutContext(common);
      return [{ ...this.#derived(probe, use, resolved, event, expanded), ...listVariables }];
    }
    const cloned = cloneBlock(use.body);
    const entry = family.entry?.(resolved, event);
    const split = entry && this.#entryValues.split(probe, cloned, entry, family);
    const body = split?.body ?? cloned;
    const withContext = family.expandContext?.(body, event, this.#contextNames) ?? withoutContext(body);
    const expanded = this.#expandTyped(withContext);
    const contextCallees = new Map([...expanded.contextCallees, ...(split?.contextCallees ?? [])]);
    const returning = this.#derived(probe, use, resolved, event, { ...expanded, contextCallees });
    const listed = { ...returning, ...listVariables };
    if (entry === undefined || split?.entry === undefined) return [listed];
    const keeping = this.#derived(probe, use, entry.point, entry.event, this.#expandTyped(split.entry));
    return [{ ...keeping, scriptPoint: entry.point, synthetic: true }, listed];
  }

  #derived(
    probe: ProbeDeclaration,
    use: ProbeUse,
    resolved: ProbePoint,
    event: ProbeEvent,
    expanded: ExpandedBody,
  ): DerivedProbe {
    const condition = resolved.condition && cloneExpression(resolved.condition);
    const point: ProbePoint = { ...resolved, ...(condition !== undefined && { condition }) };
    return {
      event,
      point,
      chain: chainOf(point, use),
      scriptPoint: scriptPointOf(point, use),
      synthetic: false,
      declaration: probe,
      token: use.token,
      ...(condition !== undefined && { condition }),
      locals: [],
      ...expanded,
    };
  }
}

function ignoreTrace(): void {
  // Nobody listens at the default verbosity.
}

function whileResolving(point: ProbePoint, cause: Diagnostic): Diagnostic {
  return pointDiagnostic('while-resolving', 'while resolving probe point', pointToken(point), cause);
}

function withoutContext(body: ExpandedBody['body']): ExpandedBody {
  return {
    body,
    contextCallees: new Map<Callee, ContextCallee>(),
    unresolvedTargets: new Map<Expression, Diagnostic>(),
  };
}

function chainOf(point: ProbePoint, use: ProbeUse): readonly DerivationStep[] {
  return [{ point }, ...expansionsOf(use).map(({ alias, point: usePoint }) => ({ point: usePoint, alias }))];
}

/**
 * The outermost name that has no wildcard left in it: wildcards of aliases are expanded, those of suffixes not.
 * Of an alias only the name counts, as SystemTap does it: not how it was marked or conditioned where it was used.
 */
function scriptPointOf(point: ProbePoint, use: ProbeUse): ProbePoint {
  const hasWildcard = ({ components }: ProbePoint): boolean =>
    components.some((component) => component.name.includes('*'));
  const outermost = expansionsOf(use)
    .map((step) => step.point)
    .findLast((candidate) => !hasWildcard(candidate));
  if (outermost === undefined) return point;
  const { components, token } = outermost;
  return { components, optional: false, sufficient: false, token };
}
