import type {
  AliasDeclaration,
  DeclaredType,
  EmbeddedCode,
  FunctionDeclaration,
  GlobalDeclaration,
  Parameter,
  ProbeDeclaration,
  ProbePoint,
} from '../ast/declaration.ts';
import type { Block } from '../ast/statement.ts';
import type { Int64 } from '../int64/int64.ts';
import type { Token } from '../source/token.ts';
import { parseInteger, parseLiteral } from './literal.ts';
import { failureAt, parseDiagnostic } from './parse-failure.ts';
import type { Parser } from './parser.ts';
import { parsePoints } from './probe-point.ts';
import { parseBlock } from './statement.ts';
import { tooDeepToken } from './tree-depth.ts';

/** The declarations of a file as they are found. */
export interface DeclarationLists {
  readonly embeds: EmbeddedCode[];
  readonly globals: GlobalDeclaration[];
  readonly aliases: AliasDeclaration[];
  readonly probes: ProbeDeclaration[];
  readonly functions: FunctionDeclaration[];
}

const LARGEST_ARRAY = 0x7fffffff;

/** Deepest syntax tree of a body: every stage can recurse this far on an ordinary stack. */
const TREE_DEPTH_LIMIT = 1000;

/** Parses one top-level item into the lists. */
export function parseDeclaration(parser: Parser, lists: DeclarationLists): void {
  const token = parser.next();
  if (token.kind === 'embedded-code') {
    lists.embeds.push(parseEmbeddedCode(parser, token));
    return;
  }
  switch (token.kind === 'keyword' ? token.text : '') {
    case 'probe':
      parseProbe(parser, token, lists);
      return;
    case 'global':
      parser.forgetSeen();
      parseGlobals(parser, false, lists);
      return;
    case 'function':
      parser.forgetSeen();
      lists.functions.push(parseFunction(parser, false));
      return;
    case 'private':
      parser.forgetSeen();
      parsePrivate(parser, lists);
      return;
    default:
      throw parser.failure('expected-declaration');
  }
}

/** True for tokens a top-level item starts with: where parsing goes on after an error. */
export function startsDeclaration(token: Token): boolean {
  return (
    token.kind === 'embedded-code' ||
    (token.kind === 'keyword' && ['probe', 'global', 'function', 'private'].includes(token.text))
  );
}

function parsePrivate(parser: Parser, lists: DeclarationLists): void {
  if (parser.peekKeyword('function')) {
    parser.swallow();
    lists.functions.push(parseFunction(parser, true));
    return;
  }
  if (parser.peekKeyword('global')) parser.swallow();
  else if (parser.peek()?.kind !== 'identifier') {
    parser.next();
    throw parser.failure('expected-private-declaration');
  }
  parseGlobals(parser, true, lists);
}

/** The code of a `%{ … %}` token that has just been taken. */
function parseEmbeddedCode(parser: Parser, token: Token): EmbeddedCode {
  if (token.text.includes('}%'))
    parser.sink.report(parseDiagnostic('erroneous-embedded-end', [], { token, kind: 'warning' }));
  if (!parser.isPrivileged) throw parser.failure('embedded-code-unprivileged');
  return { kind: 'embedded-code', code: token.text, token };
}

function parseGlobals(parser: Parser, isPrivate: boolean, lists: DeclarationLists): void {
  do lists.globals.push(parseGlobal(parser, isPrivate));
  while (parser.skipOperator(','));
  parser.skipOperator(';');
}

function parseGlobal(parser: Parser, isPrivate: boolean): GlobalDeclaration {
  const token = parser.expectIdentifier();
  const name = token.text;
  const earlierIsPrivate = parser.globals.get(name);
  if (earlierIsPrivate !== undefined)
    throw parser.failure(earlierIsPrivate === isPrivate ? 'duplicate-global' : 'global-private-conflict');
  parser.globals.set(name, isPrivate);
  const wrap = parser.skipOperator('%');
  const maxSize = parser.skipOperator('[') ? parseArraySize(parser) : undefined;
  const start = { kind: 'global', name, isPrivate, wrap } as const;
  if (maxSize !== undefined) {
    if (parser.peekOperator('=')) throw parser.failure('array-initialized');
    return { ...start, maxSize, token };
  }
  if (!parser.skipOperator('=')) return { ...start, token };
  return { ...start, initial: parseLiteral(parser), token };
}

function parseArraySize(parser: Parser): Int64 {
  const size = parseInteger(parser);
  if (size < 1 || size > LARGEST_ARRAY) throw parser.failure('array-size-out-of-range');
  parser.expectOperator(']');
  return size;
}

function parseFunction(parser: Parser, isPrivate: boolean): FunctionDeclaration {
  const token = parser.next();
  const isName =
    token.kind === 'identifier' ||
    (token.kind === 'keyword' && (token.text === 'string' || token.text === 'long'));
  if (!isName) throw parser.failure('expected-identifier');
  const { type: returnType, following } = parseOptionalType(parser);
  if (!isOperator(following, '(')) throw parser.failure('expected-operator', ['(']);
  const parameters = parseParameters(parser);
  const priority = parser.skipOperator(':') ? parsePriority(parser) : undefined;
  const body = parseFunctionBody(parser);
  return {
    kind: 'function',
    name: token.text,
    isPrivate,
    ...(returnType && { returnType }),
    parameters,
    ...(priority !== undefined && { priority }),
    body,
    token,
  };
}

function parseFunctionBody(parser: Parser): Block | EmbeddedCode {
  const token = parser.peek();
  if (token?.kind === 'embedded-code') return parseEmbeddedCode(parser, parser.next());
  parser.inFunction = true;
  const body = parseBody(parser);
  parser.inFunction = false;
  return body;
}

/** `: type` or nothing, and the token taken after it. */
function parseOptionalType(parser: Parser): { readonly type?: DeclaredType; readonly following: Token } {
  const colon = parser.next();
  if (!isOperator(colon, ':')) return { following: colon };
  const token = parser.next();
  if (token.kind === 'keyword' && (token.text === 'string' || token.text === 'long'))
    return { type: token.text, following: parser.next() };
  throw parser.failure('expected-type');
}

/** The parameters up to and including the `)`; a comma before it is allowed. */
function parseParameters(parser: Parser): Parameter[] {
  const parameters: Parameter[] = [];
  for (;;) {
    const token = parser.next();
    if (isOperator(token, ')')) return parameters;
    if (token.kind !== 'identifier') throw parser.failure('expected-identifier');
    if (parameters.some(({ name }) => name === token.text)) throw parser.failure('duplicate-parameter');
    const { type, following } = parseOptionalType(parser);
    parameters.push({ name: token.text, ...(type && { type }), token });
    if (isOperator(following, ')')) return parameters;
    if (!isOperator(following, ',')) throw parser.failure('expected-parameter-separator');
  }
}

function isOperator(token: Token, text: string): boolean {
  return token.kind === 'operator' && token.text === text;
}

function parsePriority(parser: Parser): Int64 {
  const literal = parseLiteral(parser);
  if (literal.kind !== 'number' || literal.value < 1) throw parser.failure('priority-out-of-range');
  return literal.value;
}

/** The block of a probe, alias or function. */
function parseBody(parser: Parser): Block {
  const before = parser.taken;
  const body = parseBlock(parser);
  // A tree is at most as deep as it has tokens, so ordinary bodies need no measuring.
  const tooDeep = parser.taken - before > TREE_DEPTH_LIMIT ? tooDeepToken(body, TREE_DEPTH_LIMIT) : undefined;
  if (tooDeep !== undefined) throw failureAt(tooDeep, 'tree-too-deep', [TREE_DEPTH_LIMIT]);
  return body;
}

/** `probe points { … }`, or an alias when `=` or `+=` follows the first point. */
function parseProbe(parser: Parser, token: Token, lists: DeclarationLists): void {
  const names: ProbePoint[] = [];
  let operator: '=' | '+=' = '=';
  let points: ProbePoint[] = [];
  for (;;) {
    points.push(...parsePoints(parser));
    const next = parser.peek();
    const text = next?.kind === 'operator' ? next.text : '';
    if (text === ',') {
      parser.swallow();
      continue;
    }
    if (text === '{') break;
    if (text !== '=' && text !== '+=') throw parser.failure('expected-point-separator');
    const [name, ...others] = points;
    if (name === undefined || others.length > 0) throw parser.failure('expected-probe-point');
    if (name.optional) throw failureAt(name.token, 'alias-optional');
    if (text === '+=') operator = '+=';
    names.push(name);
    points = [];
    parser.swallow();
  }
  const body = parseBody(parser);
  if (names.length === 0) {
    lists.probes.push({ kind: 'probe', points, body, token });
    return;
  }
  const epilogue = parseEpilogue(parser, operator);
  for (const name of names)
    lists.aliases.push({ kind: 'alias', name, operator, points, body, ...(epilogue && { epilogue }), token });
}

function parseEpilogue(parser: Parser, operator: '=' | '+='): Block | undefined {
  if (!parser.peekOperator(',')) return undefined;
  if (operator === '+=') throw parser.failure('alias-epilogue');
  parser.swallow();
  return parseBody(parser);
}
