import type { GlobalDeclaration, ProbeDeclaration, ScriptFile } from '../../ast/declaration.ts';
import type { Callee, Expression, Index, TargetSymbol, Variable } from '../../ast/expression.ts';
import { printExpression } from '../../ast/print-expression.ts';
import type { Block, Statement } from '../../ast/statement.ts';
import {
  cloneExpression,
  rewriteBlock,
  rewriteExpression,
  visitExpression,
  visitStatement,
} from '../../ast/walk.ts';
import type { DiagnosticSink } from '../../diagnostic/diagnostic.ts';
import type { ContextCallee } from '../../probes/context-variable.ts';
import { arithmetic, numberLiteral } from '../../probes/event-calls.ts';
import { pointDiagnostic } from '../../probes/point-error.ts';
import type { ContextNames, EntryOfReturn, ExpandedBody, ProbeFamily } from '../../probes/probe-family.ts';
import type { SourceFile } from '../../source/source-file.ts';
import type { Token } from '../../source/token.ts';

/** Names of what this file makes begin with it; no listing shows them. */
export const ENTRY_VALUE_PREFIX = '__entry_';

/** A return probe's body with its `@entry` replaced, and the handler of the entry that provides the values. */
export interface SplitBody {
  /** Still to be expanded by the family. */
  readonly body: Block;
  /** Of the calls that the replacement brought in. */
  readonly contextCallees: ReadonlyMap<Callee, ContextCallee>;
  /** Absent when nothing is to be kept: each operand holds what the entry does not know. */
  readonly entry?: ExpandedBody;
}

/** The variables of one declaration that its probes keep values in. */
interface Store {
  readonly file: ScriptFile;
  readonly names: readonly string[];
  places: number;
}

/**
 * `@entry(expression)` in return probes (stap(1)): a probe at the entry keeps the value for the return of the same call.
 * Values are kept by place, thread and depth of the calls that have not returned:
 *
 *     entry:  __entry_depth[place, tid()]++
 *             __entry_saved0[place, tid(), __entry_depth[place, tid()]] = expression
 *     return: __entry_value0 = __entry_saved0[place, tid(), __entry_depth[place, tid()]]
 *             delete __entry_saved0[place, tid(), __entry_depth[place, tid()]]
 *             if (__entry_depth[place, tid()] > 1) __entry_depth[place, tid()]--
 *             else delete __entry_depth[place, tid()]
 *
 * A call that was entered before the probe was there has no value: 0 or "".
 */
export class EntryValues {
  readonly #names: ContextNames;
  readonly #sink: DiagnosticSink;
  readonly #stores = new Map<ProbeDeclaration, Map<string, Store>>();
  readonly #files = new Set<ScriptFile>();

  constructor(names: ContextNames, sink: DiagnosticSink) {
    this.#names = names;
    this.#sink = sink;
  }

  /** Files that declare what is kept, for name resolution. */
  get files(): ReadonlySet<ScriptFile> {
    return this.#files;
  }

  /** Takes `@entry` out of the body of a return probe; undefined when there is none in it. */
  split(
    declaration: ProbeDeclaration,
    original: Block,
    entry: EntryOfReturn,
    family: ProbeFamily,
  ): SplitBody | undefined {
    const kept = this.#withKept(original, entry);
    if (entryOperands(kept).size === 0) return undefined;
    const body = withoutRemaining(kept, entry);
    const operands = entryOperands(body);
    if (operands.size === 0) return { body, contextCallees: new Map() };
    const known = new Map<string, { readonly index: number; readonly expanded: ExpandedOperand }>();
    for (const [text, operand] of operands) {
      const expanded = expandOperand(operand, entry, family, this.#names);
      if (expanded !== undefined) known.set(text, { index: known.size, expanded });
    }
    const store = known.size === 0 ? undefined : this.#store(declaration, [...known.keys()], body.token);
    const code = store && new EntryCode(store, body.token, this.#names);
    const replaced = rewriteBlock(body, {
      expression: (expression) => {
        if (expression.kind !== 'entry') return expression;
        const value = known.get(entryText(expression.operand));
        // What cannot be known at the entry is refused where it stands.
        if (value === undefined || code === undefined) return withoutNesting(expression.operand);
        return code.local(value.index, expression.token);
      },
    });
    if (code === undefined) return { body: replaced, contextCallees: new Map() };
    const values = [...known.values()].map(({ expanded }) => expanded);
    const block = code.entryBody(values.map(({ expression }) => expression));
    const merged = new Map([
      ...values.flatMap(({ contextCallees }) => [...contextCallees]),
      ...code.takeCallees(),
    ]);
    const withLocals = {
      ...replaced,
      statements: [...code.returnPrologue(known.size), ...replaced.statements],
    };
    return {
      body: withLocals,
      contextCallees: code.takeCallees(),
      entry: { body: block, contextCallees: merged, unresolvedTargets: new Map() },
    };
  }

  #withKept(body: Block, { keeps }: EntryOfReturn): Block {
    if (keeps === undefined) return body;
    const within = targetsWithinEntry(body);
    return rewriteBlock(body, {
      expression: (expression) => {
        if (expression.kind !== 'target' || within.has(expression.token) || !keeps(expression.name))
          return expression;
        this.#warnOfKept(expression);
        return { kind: 'entry', operand: expression, token: expression.token };
      },
    });
  }

  #warnOfKept(target: TargetSymbol): void {
    const message = `confusing usage, consider @entry(${printExpression(target)}) in .return probe`;
    this.#sink.report({ ...pointDiagnostic('entry-implied', message, target.token), kind: 'warning' });
  }

  /** Probes of one declaration that keep the same values share their variables: they differ by their place. */
  #store(declaration: ProbeDeclaration, values: readonly string[], token: Token): Store {
    const stores = this.#stores.get(declaration) ?? new Map<string, Store>();
    this.#stores.set(declaration, stores);
    const key = values.join('\0');
    const known = stores.get(key);
    if (known !== undefined) {
      known.places++;
      return known;
    }
    const number = this.#files.size;
    const names = ['depth', ...values.map((_, index) => `saved${index}`)].map(
      (name) => `${ENTRY_VALUE_PREFIX}${name}_${number}`,
    );
    const store: Store = { file: storeFile(names, token), names, places: 0 };
    stores.set(key, store);
    this.#files.add(store.file);
    return store;
  }
}

interface ExpandedOperand {
  readonly expression: Expression;
  readonly contextCallees: ReadonlyMap<Callee, ContextCallee>;
}

/** Takes `@entry` from around what the return knows itself. */
function withoutRemaining(body: Block, { remains }: EntryOfReturn): Block {
  if (remains === undefined) return body;
  return rewriteBlock(body, {
    expression: (expression) => {
      if (expression.kind !== 'entry') return expression;
      return remains(entryText(expression.operand)) ? withoutNesting(expression.operand) : expression;
    },
  });
}

/** Tokens of the context variables in operands of `@entry`. */
function targetsWithinEntry(body: Block): ReadonlySet<Token> {
  const tokens = new Set<Token>();
  const collect = (expression: Expression): boolean => {
    if (expression.kind === 'target') tokens.add(expression.token);
    return true;
  };
  visitStatement(body, {
    expression: (expression) => {
      if (expression.kind === 'entry') visitExpression(expression.operand, { expression: collect });
      return expression.kind !== 'entry';
    },
  });
  return tokens;
}

/** The operands by their text, those within others left out. */
function entryOperands(body: Block): ReadonlyMap<string, Expression> {
  const operands = new Map<string, Expression>();
  visitStatement(body, {
    expression: (expression) => {
      if (expression.kind !== 'entry') return true;
      operands.set(entryText(expression.operand), expression.operand);
      return false;
    },
  });
  return operands;
}

/** `@entry` within `@entry` is the same value. */
function withoutNesting(operand: Expression): Expression {
  return rewriteExpression(operand, {
    expression: (expression) => (expression.kind === 'entry' ? expression.operand : expression),
  });
}

function entryText(operand: Expression): string {
  return printExpression(withoutNesting(operand));
}

/** The operand as the entry's family makes it; undefined when it holds what the entry does not know. */
function expandOperand(
  operand: Expression,
  entry: EntryOfReturn,
  family: ProbeFamily,
  names: ContextNames,
): ExpandedOperand | undefined {
  const expression = cloneExpression(withoutNesting(operand));
  if (family.expandContext === undefined) return { expression, contextCallees: new Map() };
  const { token } = operand;
  const body: Block = {
    kind: 'block',
    statements: [{ kind: 'expression-statement', expression, token }],
    token,
  };
  const expanded = family.expandContext(body, entry.event, names);
  const [statement] = expanded.body.statements;
  if (expanded.unresolvedTargets.size > 0 || statement?.kind !== 'expression-statement') return undefined;
  return { expression: statement.expression, contextCallees: expanded.contextCallees };
}

/**
 * The file that declares the variables: the text of the script, so that places in it can be told, but as a part of the
 * library, whose variables are neither displayed nor warned about.
 */
function storeFile(names: readonly string[], token: Token): ScriptFile {
  const { name, text } = token.file;
  const source: SourceFile = { name, text, origin: 'library' };
  const globals = names.map((global): GlobalDeclaration => ({
    kind: 'global',
    name: global,
    isPrivate: true,
    wrap: false,
    token: { ...token, file: source },
  }));
  return { source, embeds: [], globals, aliases: [], probes: [], functions: [] };
}

/** Builds the statements of one place; all leaves are fresh. */
class EntryCode {
  readonly #store: Store;
  readonly #place: number;
  readonly #token: Token;
  readonly #names: ContextNames;
  #callees = new Map<Callee, ContextCallee>();

  constructor(store: Store, token: Token, names: ContextNames) {
    this.#store = store;
    this.#place = store.places;
    this.#token = { ...token, file: store.file.source };
    this.#names = names;
  }

  /** Callees of what was built since they were last taken. */
  takeCallees(): ReadonlyMap<Callee, ContextCallee> {
    const callees = this.#callees;
    this.#callees = new Map();
    return callees;
  }

  local(index: number, token: Token): Variable {
    return {
      kind: 'variable',
      name: `${ENTRY_VALUE_PREFIX}value${index}`,
      token: { ...token, file: this.#token.file },
    };
  }

  entryBody(values: readonly Expression[]): Block {
    const token = this.#token;
    const count: Statement = this.#statement({
      kind: 'update',
      operator: '++',
      prefix: false,
      operand: this.#depth(),
      token,
    });
    const keep = values.map((value, index) =>
      this.#statement({ kind: 'assignment', operator: '=', target: this.#saved(index), value, token }),
    );
    return { kind: 'block', statements: [count, ...keep], token };
  }

  returnPrologue(values: number): readonly Statement[] {
    const token = this.#token;
    const fetch = Array.from({ length: values }, (_, index): readonly Statement[] => [
      this.#statement({
        kind: 'assignment',
        operator: '=',
        target: this.local(index, token),
        value: this.#saved(index),
        token,
      }),
      { kind: 'delete', operand: this.#saved(index), token },
    ]);
    const isNested: Expression = {
      kind: 'comparison',
      operator: '>',
      left: this.#depth(),
      right: numberLiteral(1, token),
      token,
    };
    const rise: Statement = {
      kind: 'if',
      condition: isNested,
      consequent: this.#statement({
        kind: 'assignment',
        operator: '=',
        target: this.#depth(),
        value: arithmetic(this.#depth(), '-', 1, token),
        token,
      }),
      alternate: { kind: 'delete', operand: this.#depth(), token },
      token,
    };
    return [...fetch.flat(), rise];
  }

  #statement(expression: Expression): Statement {
    return { kind: 'expression-statement', expression, token: this.#token };
  }

  #depth(): Index {
    return this.#element(0, []);
  }

  #saved(index: number): Index {
    return this.#element(index + 1, [this.#depth()]);
  }

  #element(variable: number, more: readonly Expression[]): Index {
    const token = this.#token;
    const base: Variable = { kind: 'variable', name: this.#store.names[variable] ?? '', token };
    return { kind: 'index', base, keys: [numberLiteral(this.#place, token), this.#tid(), ...more], token };
  }

  #tid(): Expression {
    const token = this.#token;
    const mangledName = this.#names(token.file.name, 'tid');
    const callee: Callee = { kind: 'callee', name: mangledName, token };
    this.#callees.set(callee, {
      mangledName,
      intrinsic: 'tid',
      parameters: [],
      returnType: 'long',
      pure: true,
      stable: true,
    });
    return { kind: 'call', callee, args: [], token };
  }
}
