import type { AtEnum, Autocast, Cast, Expression, TargetSymbol } from '../ast/expression.ts';
import type { Block } from '../ast/statement.ts';
import { rewriteBlock, visitStatement } from '../ast/walk.ts';
import { DiagnosticError, type Diagnostic } from '../diagnostic/diagnostic.ts';
import type { PointerFacts } from './context-variable.ts';
import { EventCalls, numberLiteral } from './event-calls.ts';
import type { KernelFacts, ProbeEnvironment, TypeFacts } from './kernel-facts.ts';
import { pointError } from './point-error.ts';
import type { ContextNames, ExpandedBody } from './probe-family.ts';
import { addressOfPlace, elementPlace, followSelectors, readPlace, type TypedPlace } from './typed-access.ts';
import { prettyText } from './typed-pretty.ts';

/** What typed expressions need of their environment. */
export type TypedEnvironment = Pick<ProbeEnvironment, 'kernel' | 'guru'>;

/** What is said about stores where -g would allow them. */
export const NO_STORE = ': handlers cannot change what they trace';

/** Locals that get their type from locals that get their type …: more rounds than this nobody writes. */
const MOST_ROUNDS = 5;

/** Whether a body has typed expressions; most have none, and then nothing is asked about the kernel. */
export function hasTypedExpressions(body: Block): boolean {
  let found = false;
  visitStatement(body, {
    expression: ({ kind }) => {
      found ||= kind === 'cast' || kind === 'autocast' || kind === 'enum';
      found ||= kind === 'dereference' || kind === 'register';
      return !found;
    },
  });
  return found;
}

/**
 * Replaces what is typed by C in any body, of whatever probe or function: `@cast`, `@enum`, `@kderef`, `@uderef`,
 * `@kregister` and `->` behind a local that holds an address of known type. What is refused stays and is listed with
 * the reason (stap(1), CONTEXT VARIABLES).
 */
export function expandTypedExpressions(
  expanded: ExpandedBody,
  environment: TypedEnvironment,
  names: ContextNames,
): ExpandedBody {
  if (!hasTypedExpressions(expanded.body)) return expanded;
  let locals: ReadonlyMap<string, PointerFacts> = new Map();
  for (let round = 1; ; round++) {
    const rewriter = new TypedRewriter(expanded, locals, environment, names);
    const { body, isMissingType } = rewriter.rewrite();
    const found = isMissingType ? rewriter.typesOfLocals(body) : locals;
    if (found.size > locals.size && round < MOST_ROUNDS) {
      locals = found;
      continue;
    }
    return {
      body,
      contextCallees: new Map([...expanded.contextCallees, ...rewriter.calls.contextCallees]),
      unresolvedTargets: new Map([...expanded.unresolvedTargets, ...rewriter.refused]),
    };
  }
}

/** The value of a typed place as the suffixes of the expression want it: a text, an address or what is there. */
export function readTypedPlace(
  place: TypedPlace,
  expression: TargetSymbol | Cast | Autocast,
  calls: EventCalls,
): Expression {
  const { token, pretty, addressOf } = expression;
  if (pretty !== '') return prettyText(place, pretty, calls, token);
  return addressOf ? addressOfPlace(place, calls, token) : readPlace(place, calls, token);
}

/** Tokens of the expressions that a body stores to. Rewriting makes new nodes, but never new tokens. */
export function storedTokens(body: Block): ReadonlySet<unknown> {
  const stored = new Set<unknown>();
  visitStatement(body, {
    expression: (expression) => {
      if (expression.kind === 'assignment') stored.add(expression.target.token);
      if (expression.kind === 'update') stored.add(expression.operand.token);
      return true;
    },
    statement: (statement) => {
      if (statement.kind === 'delete') stored.add(statement.operand.token);
      return true;
    },
  });
  return stored;
}

/** One pass over a body, with the types of locals that are known so far. */
class TypedRewriter {
  readonly calls: EventCalls;
  readonly refused = new Map<Expression, Diagnostic>();
  readonly #expanded: ExpandedBody;
  readonly #locals: ReadonlyMap<string, PointerFacts>;
  readonly #environment: TypedEnvironment;
  readonly #stored: ReadonlySet<unknown>;
  #isMissingType = false;

  constructor(
    expanded: ExpandedBody,
    locals: ReadonlyMap<string, PointerFacts>,
    environment: TypedEnvironment,
    names: ContextNames,
  ) {
    this.calls = new EventCalls(names);
    this.#expanded = expanded;
    this.#locals = locals;
    this.#environment = environment;
    this.#stored = storedTokens(expanded.body);
  }

  /** `isMissingType`: the type of a local might help. */
  rewrite(): { readonly body: Block; readonly isMissingType: boolean } {
    const body = rewriteBlock(this.#expanded.body, { expression: (expression) => this.#replace(expression) });
    return { body, isMissingType: this.#isMissingType };
  }

  /** Of the variables that the body assigns addresses of one type to. */
  typesOfLocals(body: Block): ReadonlyMap<string, PointerFacts> {
    const found = new Map<string, PointerFacts | undefined>();
    visitStatement(body, {
      expression: (expression) => {
        if (expression.kind !== 'assignment' || expression.operator !== '=') return true;
        const { target, value } = expression;
        if (target.kind !== 'variable') return true;
        const pointer = this.#pointerOf(value);
        const known = found.get(target.name);
        const isSame = pointer !== undefined && known?.to.spelling === pointer.to.spelling;
        if (pointer !== undefined && (isSame || !found.has(target.name))) found.set(target.name, pointer);
        // NULL has every type.
        else if (value.kind !== 'number') found.set(target.name, undefined);
        return true;
      },
    });
    return new Map([...found].flatMap(([name, pointer]) => (pointer === undefined ? [] : [[name, pointer]])));
  }

  #replace(expression: Expression): Expression {
    try {
      switch (expression.kind) {
        case 'cast':
          return this.#cast(expression);
        case 'autocast':
          return this.#autocast(expression);
        case 'enum':
          return this.#enumerator(expression);
        case 'dereference': {
          const { userspace, address, size, token } = expression;
          return this.calls.read(userspace ? 'user' : 'kernel', address, Number(size), false, token);
        }
        case 'register':
          return this.calls.word(`register:${Number(expression.number)}`, expression.token);
        default:
          return expression;
      }
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
      this.refused.set(expression, error.diagnostic);
      return expression;
    }
  }

  #cast(cast: Cast): Expression {
    const { token, module, operand } = cast;
    const { kernel } = this.#environment;
    const type = isOfKernel(module?.value) ? castType(cast.type.value, kernel) : undefined;
    if (type === undefined)
      throw pointError(
        'type-definition-not-found',
        `type definition '${cast.type.value}' not found in '${module?.value ?? 'kernel'}'`,
        token,
      );
    this.#refuseStore(cast, '@cast context variable');
    const isStructure = type.kind === 'struct' || type.kind === 'union';
    const start: TypedPlace = isStructure
      ? { kind: 'memory', address: operand, type, space: 'kernel' }
      : { kind: 'value', expression: operand, type, space: 'kernel' };
    // The value of a cast to a structure is its address, as that of a pointer to it.
    if (isStructure && cast.selectors.length === 0 && cast.pretty === '') {
      const copy = { ...operand };
      this.calls.pointers.set(operand.kind === 'variable' ? operand : copy, { to: type, space: 'kernel' });
      return operand.kind === 'variable' ? operand : copy;
    }
    // A cast is of a pointer to its type, so `@cast(p, "long")[1]` is what follows the first long.
    const [first, ...others] = cast.selectors;
    if (first?.kind === 'subscript' && type.kind !== 'pointer' && type.kind !== 'array') {
      const element = elementPlace({ address: operand, space: 'kernel' }, type, first.index, first.token);
      return readTypedPlace(followSelectors(element, others, this.calls), cast, this.calls);
    }
    return readTypedPlace(followSelectors(start, cast.selectors, this.calls), cast, this.calls);
  }

  #autocast(autocast: Autocast): Expression {
    const { operand, token, selectors } = autocast;
    const pointer = this.#pointerOf(operand);
    if (pointer === undefined) {
      this.#isMissingType = true;
      throw pointError('unknown-dereference', 'unknown type in dereference', token);
    }
    this.#refuseStore(autocast, 'dereferenced value');
    const { to, space } = pointer;
    const type: TypeFacts = {
      kind: 'pointer',
      spelling: `${to.spelling} *`,
      to: () => to,
      isUser: space === 'user',
    };
    const start: TypedPlace = { kind: 'value', expression: operand, type, space };
    return readTypedPlace(followSelectors(start, selectors, this.calls), autocast, this.calls);
  }

  #enumerator({ name, token }: AtEnum): Expression {
    const value = this.#environment.kernel.enumerator(name.value.replace(/^.*::/s, ''));
    if (value !== undefined) return numberLiteral(value, token);
    throw pointError('no-such-enumerator', `unable to find enumerator '${name.value}' in kernel`, token);
  }

  #refuseStore({ token }: Expression, what: string): void {
    if (!this.#stored.has(token)) return;
    const hint = this.#environment.guru ? NO_STORE : '; need stap -g';
    throw pointError('typed-store', `write to ${what} not permitted${hint}`, token);
  }

  #pointerOf(expression: Expression): PointerFacts | undefined {
    const known = this.calls.pointers.get(expression) ?? this.#expanded.pointers?.get(expression);
    if (known !== undefined) return known;
    switch (expression.kind) {
      case 'variable':
        return this.#locals.get(expression.name);
      case 'assignment':
        return expression.operator === '=' ? this.#pointerOf(expression.value) : undefined;
      case 'conditional':
        return this.#pointerOf(expression.consequent) ?? this.#pointerOf(expression.alternate);
      default:
        return undefined;
    }
  }
}

/** `kernel`, `kernel<linux/sched.h>`, a list of modules with it, or no module at all. */
function isOfKernel(module: string | undefined): boolean {
  return module === undefined || module.split(':').some((name) => /^(kernel|vmlinux)(<.*>)?$/.test(name));
}

/** `task_struct`, `struct task_struct`, `struct task_struct *`. */
function castType(name: string, facts: KernelFacts): TypeFacts | undefined {
  const found = facts.type(name);
  if (found !== undefined || !name.endsWith('*')) return found;
  const to = castType(name.slice(0, -1).trimEnd(), facts);
  return to && { spelling: name, kind: 'pointer', to: () => to, isUser: false };
}
