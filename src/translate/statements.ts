import type { Block, Delete, If, Jump, Return, Statement, Try } from '../ast/statement.ts';
import { BugError } from '../diagnostic/bug-error.ts';
import { defaultValue, keyPattern } from './arrays.ts';
import type { BodyWriter } from './body-writer.ts';
import { arrayOf, lookupKey, plainKeys } from './element-address.ts';
import { NEXT } from './functions.ts';
import { foreachLoop, forLoop } from './loops.ts';

/** Writes a statement. */
export function statement(writer: BodyWriter, node: Statement): void {
  switch (node.kind) {
    case 'block':
      block(writer, node);
      return;
    case 'null':
      return;
    case 'expression-statement':
      writer.line(`${writer.effect(node.expression)};`);
      writer.charge(1, node.token, false);
      return;
    case 'if':
      ifStatement(writer, node);
      return;
    case 'for':
      forLoop(writer, node);
      return;
    case 'foreach':
      foreachLoop(writer, node);
      return;
    case 'try':
      tryStatement(writer, node);
      return;
    case 'return':
      returnStatement(writer, node);
      return;
    case 'delete':
      writer.line(`${deletion(writer, node)};`);
      writer.charge(1, node.token, true);
      return;
    case 'next':
    case 'break':
    case 'continue':
      jump(writer, node);
      return;
  }
}

function block(writer: BodyWriter, body: Block): void {
  for (const child of body.statements) statement(writer, child);
}

function ifStatement(writer: BodyWriter, node: If): void {
  writer.charge(1, node.token, true);
  const { alternate } = node;
  writer.braces(`if (${writer.condition(node.condition)})`, () => {
    writer.subordinate(node.consequent);
  });
  if (alternate === undefined) return;
  writer.braces('else', () => {
    writer.subordinate(alternate);
  });
}

function tryStatement(writer: BodyWriter, node: Try): void {
  writer.charge(0, node.token, true);
  const depth = writer.scope.countsNesting ? writer.fresh('d') : undefined;
  if (depth !== undefined) writer.line(`const ${depth} = depth;`);
  writer.braces('try', () => {
    writer.subordinate(node.body);
  });
  const error = writer.fresh('e');
  writer.braces(`catch (${error})`, () => {
    const caught = `${writer.scope.helper('caughtText')}(${error})`;
    const text = `${writer.scope.helper('clip')}(${caught})`;
    const name = node.error && writer.variable(writer.scope.bindings.variable(node.error));
    writer.line(name === undefined ? `${caught};` : `${name} = ${text};`);
    if (depth !== undefined) writer.line(`depth = ${depth};`);
    writer.charge(1, node.handler.token, false);
    writer.subordinate(node.handler);
  });
}

function returnStatement(writer: BodyWriter, node: Return): void {
  const result = node.value && writer.value(node.value);
  writer.charge(1, node.token, true);
  writer.line(result === undefined ? 'return;' : `return ${result};`);
}

function jump(writer: BodyWriter, node: Jump): void {
  writer.charge(1, node.token, true);
  if (node.kind !== 'next') writer.line(`${node.kind};`);
  else if (writer.body.kind === 'function') writer.line(`return ${NEXT};`);
  else writer.line('return;');
}

function deletion(writer: BodyWriter, node: Delete): string {
  const { operand } = node;
  if (operand.kind === 'variable') {
    const symbol = writer.scope.bindings.variable(operand);
    const name = writer.variable(symbol);
    const isObject = symbol.type === 'stats' || (symbol.arity ?? 0) > 0;
    return isObject ? `${name}.clear()` : `${name} = ${defaultValue(symbol)}`;
  }
  if (operand.kind !== 'index' || operand.base.kind !== 'variable')
    throw new BugError(`deletion of a ${operand.kind} expression`);
  const { array } = arrayOf(writer, operand.base);
  if (operand.keys.some((key) => key.kind === 'wildcard'))
    return `${array}.deleteMatching(${keyPattern(writer, operand.keys)})`;
  return `${array}.delete(${lookupKey(writer, plainKeys(operand.keys))})`;
}
