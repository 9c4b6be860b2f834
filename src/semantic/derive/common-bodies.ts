import type { Expression } from '../../ast/expression.ts';
import type { Block } from '../../ast/statement.ts';
import { cloneBlock, visitStatement } from '../../ast/walk.ts';

/** Expressions that mean the same at every event. */
const COMMON_KINDS: ReadonlySet<Expression['kind']> = new Set<Expression['kind']>([
  'number',
  'string',
  'variable',
  'index',
  'membership',
  'call',
  'print',
  'unary',
  'update',
  'statistic',
  'histogram',
  'binary',
  'concatenation',
  'comparison',
  'logical',
  'regex',
  'conditional',
  'assignment',
]);

/**
 * Bodies that ask nothing of the event by `$` or `@`: all probes of a declaration have the same one, with the same
 * leaves, so that ten thousand probes are checked and translated as one.
 */
export class CommonBodies {
  readonly #known = new WeakMap<Block, Block | 'individual'>();

  /** The body for every probe with this one in the source; undefined when each needs its own. */
  of(original: Block): Block | undefined {
    let body = this.#known.get(original);
    if (body === undefined) {
      body = isCommon(original) ? cloneBlock(original) : 'individual';
      this.#known.set(original, body);
    }
    return body === 'individual' ? undefined : body;
  }
}

function isCommon(body: Block): boolean {
  let common = true;
  visitStatement(body, {
    statement: () => common,
    expression: ({ kind }) => {
      common &&= COMMON_KINDS.has(kind);
      return common;
    },
  });
  return common;
}
