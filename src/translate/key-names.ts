import type { Expression, Selector, Wildcard } from '../ast/expression.ts';
import { lineText } from '../source/line-text.ts';
import type { Token } from '../source/token.ts';
import type { KeyUse } from './global-uses.ts';

/** A store tells better than a look what a key is. */
const STORE_WEIGHT = 3;
const LONGEST_NAME = 64;

/** Labels that metrics have a use for themselves. */
const RESERVED: ReadonlySet<string> = new Set([...['le', 'quantile', 'script', 'module', 'instance', 'job']]);

/** Names that tell nothing about what the key is. */
const EMPTY_WORDS: ReadonlySet<string> = new Set([
  'key',
  'idx',
  'index',
  'elem',
  'item',
  'val',
  'value',
  'str',
]);

const REGISTERS = /^u?_?register$/;

/** Functions that show their argument in another form. */
const CONVERSIONS =
  /^(?:(?:user|kernel)_(?:string|buffer|u?(?:char|short|int|long)|pointer)|(?:atomic|u?int|long)_|text_strn?$|substr$|strtol$|tokenize$|str_replace$|to(?:lower|upper)$|string_quoted$|ip6?_ntop$|format_ipaddr$|[hn]to[hn][slq]+$|strn?cat$)/;

/**
 * A name for each key of an array, from how its elements are named in the script: letters of lower case, digits and `_`,
 * all different, none of those that metrics use themselves. `key1`, `key2`… where the script does not tell.
 */
export function keyNames(arity: number, uses: readonly KeyUse[]): readonly string[] {
  const taken = new Set<string>();
  const chosen = Array.from({ length: arity }, (_, position) => {
    const name = rankedNames(uses, position).find((candidate) => !taken.has(candidate));
    if (name !== undefined) taken.add(name);
    return name;
  });
  return chosen.map((name, position) => {
    if (name !== undefined) return name;
    let fallback = `key${position + 1}`;
    while (taken.has(fallback)) fallback += '_';
    taken.add(fallback);
    return fallback;
  });
}

/** The names that a key has, best first. */
function rankedNames(uses: readonly KeyUse[], position: number): readonly string[] {
  const spelt = new Map<string, number>();
  for (const { keys, stores } of uses) {
    const key = keys[position];
    const name = key && nameOf(key);
    if (name !== undefined) spelt.set(name, (spelt.get(name) ?? 0) + (stores ? STORE_WEIGHT : 1));
  }
  const weights = new Map<string, number>();
  for (const [spelling, weight] of spelt) {
    const name = labelName(spelling);
    if (name !== undefined) weights.set(name, (weights.get(name) ?? 0) + weight);
  }
  const rank = ([name, weight]: readonly [string, number]): number =>
    weight + (name.length > 1 && !EMPTY_WORDS.has(name) ? Number.MAX_SAFE_INTEGER / 2 : 0);
  return [...weights].sort((left, right) => rank(right) - rank(left)).map(([name]) => name);
}

function labelName(name: string): string | undefined {
  const letters = name
    .toLowerCase()
    .replace(/[^a-z0-9_]/g, '_')
    .replace(/_+/g, '_')
    .replace(/^_/, '')
    .slice(0, LONGEST_NAME);
  if (!/^[a-z]/.test(letters)) return undefined;
  return RESERVED.has(letters) ? `${letters}_key` : letters;
}

/**
 * What the script calls the value of an expression. One that is made of several values, or is chosen among them, is none of
 * them and has no name; of what only shows a value in another form the name is that of the value.
 */
function nameOf(expression: Expression | Wildcard): string | undefined {
  if (expression.kind === 'variable') return expression.name;
  if (expression.kind === 'number') return undefined;
  const contextVariable = contextName(expression.token);
  if (contextVariable !== undefined) return contextVariable;
  switch (expression.kind) {
    case 'index':
      return nameOf(expression.base);
    case 'call': {
      const { name } = expression.callee;
      const [first] = expression.args;
      const inner = first && nameOf(first);
      if (REGISTERS.test(name) && first?.kind === 'string') return first.value;
      if (CONVERSIONS.test(name)) return inner ?? name;
      return name.startsWith('_') ? inner : name;
    }
    case 'print':
      return expression.args.length === 1 && expression.args[0] ? nameOf(expression.args[0]) : undefined;
    case 'unary':
      return expression.operator === '!' ? undefined : nameOf(expression.operand);
    case 'update':
    case 'entry':
    case 'enumname':
      return nameOf(expression.operand);
    case 'assignment':
      return nameOf(expression.target);
    case 'cast':
    case 'autocast':
      return lastMember(expression.selectors) ?? nameOf(expression.operand);
    case 'atvar':
      return lastMember(expression.selectors) ?? expression.name.value.replace(/@.*/, '');
    default:
      return undefined;
  }
}

function lastMember(selectors: readonly Selector[]): string | undefined {
  return selectors.findLast((selector) => selector.kind === 'member')?.name;
}

const VARIABLE_BEFORE = /\$+\w+(?:\s*->\s*\w+|\s*\[[^\]]*\])*\s*$/;
const WITH_MEMBERS =
  /^(?:\$+(?<variable>\w+)|@cast\s*\((?:[^()]|\([^()]*\))*\))(?<members>(?:\s*->\s*\w+|\s*\[[^\]]*\])*)/;

/**
 * What a probe family put in place of `$name->member` has the token of the variable, of `@cast` or of the last `->`. The
 * name is that of the variable and of the member, as they are written there.
 */
function contextName({ text, file, line, column }: Token): string | undefined {
  if (!text.startsWith('$') && text !== '->' && text !== '@cast') return undefined;
  const whole = lineText(file, line);
  const before =
    text === '->' ? (VARIABLE_BEFORE.exec(whole.slice(0, column - 1))?.index ?? column - 1) : column - 1;
  // Out of a macro: the token is not written where it is said to be.
  const isWritten = whole.startsWith(text, column - 1);
  const { variable, members = '' } =
    (isWritten ? WITH_MEMBERS.exec(whole.slice(before))?.groups : undefined) ?? {};
  const member = /->\s*(\w+)(?:\s*\[[^\]]*\])*$/.exec(members)?.[1];
  if (!isWritten && text.startsWith('$')) return text.replace(/^\$+/, '');
  return [variable, member].filter((name) => name !== undefined).join('_') || undefined;
}
