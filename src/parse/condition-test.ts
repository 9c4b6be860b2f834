import { compare, type Int64 } from '../int64/int64.ts';
import { parseNumber } from '../int64/numeral.ts';
import type { Token } from '../source/token.ts';
import { hasWildcard, matchesGlob } from './glob.ts';
import type { ParseMessageCode } from './messages.ts';
import { failureAt } from './parse-failure.ts';
import type { ConditionFacts } from './parse-options.ts';
import { decodeEscapes } from './string-escape.ts';
import { compareVersions } from './version-order.ts';

/** What the operands of a condition stand for. */
export interface ConditionContext {
  readonly facts: ConditionFacts;
  readonly compatible: string;
  readonly guru: boolean;
}

/**
 * The value of one `left operator right` of a `%(` condition.
 * @throws DiagnosticError when the operands or the operator do not fit together
 */
export function evaluateTest(left: Token, operator: Token, right: Token, context: ConditionContext): boolean {
  if (left.kind === 'identifier') {
    const version = versionOperand(left.text, context);
    if (version !== undefined) return testVersion(version, operator, right);
    const word = wordOperand(left.text, context.facts);
    if (word !== undefined) return testWord(word, operator, right);
    if (left.text === 'guru_mode') return testGuruMode(operator, right, context.guru);
    if (left.text.startsWith('CONFIG_')) return testConfig(left, operator, right, context.facts);
  } else if (isLiteral(left) && isLiteral(right)) {
    if (left.kind === 'string') {
      requireKind(right, 'string', 'condition-expected-string-right');
      return holds(operator, compareBytes(stringValue(left), stringValue(right)));
    }
    requireKind(right, 'number', 'condition-expected-number-right');
    return holds(operator, compare(numberValue(left), numberValue(right)));
  }
  throw failureAt(left, 'condition-expected-operand');
}

function versionOperand(name: string, { facts, compatible }: ConditionContext): string | undefined {
  switch (name) {
    case 'kernel_v':
      return facts.kernelRelease.replace(/-.*$/s, '');
    case 'kernel_vr':
      return facts.kernelRelease;
    case 'systemtap_v':
      return compatible;
    default:
      return undefined;
  }
}

function wordOperand(name: string, facts: ConditionFacts): string | undefined {
  switch (name) {
    case 'arch':
      return facts.architecture;
    case 'runtime':
      return facts.runtime;
    case 'systemtap_privilege':
      return facts.privilege;
    default:
      return undefined;
  }
}

function testVersion(version: string, operator: Token, right: Token): boolean {
  requireKind(right, 'string', 'condition-expected-string');
  const wanted = stringValue(right);
  if (!hasWildcard(wanted)) return holds(operator, compareVersions(version, wanted));
  if (!isEquality(operator)) {
    const isOrder = ['<', '>', '<=', '>='].includes(operator.text);
    throw failureAt(operator, isOrder ? 'condition-wildcard-order' : 'condition-expected-comparison');
  }
  return matchesGlob(version, wanted) === (operator.text === '==');
}

function testWord(word: string, operator: Token, right: Token): boolean {
  requireKind(right, 'string', 'condition-expected-string');
  requireEquality(operator);
  return matchesGlob(word, stringValue(right)) === (operator.text === '==');
}

function testGuruMode(operator: Token, right: Token, guru: boolean): boolean {
  requireKind(right, 'number', 'condition-expected-number');
  const wanted = numberValue(right);
  if (wanted !== 0 && wanted !== 1) throw failureAt(operator, 'condition-expected-0-or-1');
  requireEquality(operator);
  return ((wanted === 1) === guru) === (operator.text === '==');
}

function testConfig(left: Token, operator: Token, right: Token, facts: ConditionFacts): boolean {
  const value = facts.kernelConfig(left.text);
  if (right.kind === 'string') return testWord(value, operator, right);
  if (right.kind === 'number')
    return holds(operator, compare(parseNumber(value === '' ? '0' : value) ?? 0, numberValue(right)));
  if (right.kind === 'identifier' && right.text.startsWith('CONFIG_'))
    return holds(operator, compareBytes(value, facts.kernelConfig(right.text)));
  throw failureAt(right, 'condition-expected-config-right');
}

function holds(operator: Token, order: number): boolean {
  switch (operator.kind === 'operator' ? operator.text : '') {
    case '==':
      return order === 0;
    case '!=':
      return order !== 0;
    case '<':
      return order < 0;
    case '>':
      return order > 0;
    case '<=':
      return order <= 0;
    case '>=':
      return order >= 0;
    default:
      throw failureAt(operator, 'condition-expected-comparison');
  }
}

function compareBytes(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}

function isLiteral(token: Token): boolean {
  return token.kind === 'string' || token.kind === 'number';
}

function stringValue(token: Token): string {
  return decodeEscapes(token.text, true);
}

function numberValue(token: Token): Int64 {
  const value = parseNumber(token.text);
  if (value === undefined) throw failureAt(token, 'invalid-number');
  return value;
}

function requireKind(token: Token, kind: 'string' | 'number', code: ParseMessageCode): void {
  if (token.kind !== kind) throw failureAt(token, code);
}

function isEquality(operator: Token): boolean {
  return operator.kind === 'operator' && (operator.text === '==' || operator.text === '!=');
}

function requireEquality(operator: Token): void {
  if (!isEquality(operator)) throw failureAt(operator, 'condition-expected-equality');
}
