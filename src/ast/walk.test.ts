import { describe, expect, test } from 'vitest';
import { parseBody, parseValueText } from '../parse/testing/parse-text.ts';
import type { Expression } from './expression.ts';
import { printExpression } from './print-expression.ts';
import { printBlock } from './print-statement.ts';
import {
  cloneBlock,
  cloneExpression,
  rewriteBlock,
  rewriteExpression,
  rewriteStatement,
  visitStatement,
  type Visitor,
} from './walk.ts';

const BODY = `
  if (a) b; else { c }
  for (d = 1; d < 5; d++) { e[f, *] = g(d) }
  foreach (h = [i, j] in k[1, *] limit l) { delete k[i, j]; next }
  foreach (m in @hist_log(n)) { break }
  try { o =~ "x" } catch (p) { print(q, @hist_log(r)[s]) }
  $t->u[v] = @cast(w, "x")->y ? (z)->aa : [ab, *] in ac
  @count(ad) + @kderef(8, ae) . sprintf("%d", af) && !ag
  ;
`;

const body = parseBody(BODY, { guru: true });

function variables(collect: (visitor: Visitor) => void): Set<Expression> {
  const found = new Set<Expression>();
  collect({
    expression: (node) => {
      if (node.kind === 'variable') found.add(node);
      return undefined;
    },
  });
  return found;
}

describe('rewriting', () => {
  test('nothing changed: the same object', () => {
    expect(rewriteBlock(body, {})).toBe(body);
    expect(rewriteBlock(body, { expression: (node) => node, statement: (node) => node })).toBe(body);
  });
  test('sees every name once', () => {
    const names: string[] = [];
    rewriteBlock(body, {
      variable: (leaf) => {
        names.push(leaf.name);
        return leaf;
      },
      callee: (leaf) => {
        names.push(`${leaf.name}()`);
        return leaf;
      },
    });
    const once = 'a b c d d d e f g d h i j k l k i j m n o p q r s v w z ab ac ad ae af ag';
    expect(names.map((name) => name.replace('()', '')).sort()).toEqual(once.split(' ').sort());
    expect(names).toContain('g()');
  });
  test('keeps what is untouched', () => {
    const rewritten = rewriteBlock(body, {
      variable: (leaf) => (leaf.name === 'c' ? { ...leaf, name: 'cc' } : leaf),
    });
    expect(printBlock(rewritten)).toBe(printBlock(body).replace('c;', 'cc;'));
    expect(rewritten.statements[0]).not.toBe(body.statements[0]);
    expect(rewritten.statements.slice(1).every((one, index) => one === body.statements[index + 1])).toBe(
      true,
    );
  });
  test('goes bottom up', () => {
    const folded = rewriteExpression(parseValueText('1 + 2 * 3'), {
      expression: (node) => {
        if (node.kind !== 'binary' || node.left.kind !== 'number' || node.right.kind !== 'number')
          return node;
        const [left, right] = [Number(node.left.value), Number(node.right.value)];
        return {
          kind: 'number',
          value: node.operator === '*' ? left * right : left + right,
          token: node.token,
        };
      },
    });
    expect(printExpression(folded)).toBe('7');
  });
  test('statements can be dropped', () => {
    const emptied = rewriteBlock(parseBody('if (a) b; while (c) d; e'), {
      statement: (node) => (node.kind === 'expression-statement' ? undefined : node),
    });
    expect(printBlock(emptied)).toBe('{\nif (a) ;\n;\nfor (; c; ) ;;\n}');
    expect(rewriteStatement(body, { statement: () => undefined })).toBeUndefined();
    expect(
      rewriteBlock(body, { statement: (node) => (node === body ? undefined : node) }).statements,
    ).toEqual([]);
  });
});

describe('cloning', () => {
  test('gives fresh leaves and the same text', () => {
    const clone = cloneBlock(body);
    expect(printBlock(clone)).toBe(printBlock(body));
    const before = variables((visitor) => visitStatement(body, visitor));
    const after = variables((visitor) => visitStatement(clone, visitor));
    expect(after.size).toBe(before.size);
    expect([...after].some((leaf) => before.has(leaf))).toBe(false);
  });
  test('copies every node once', () => {
    const original = parseValueText('$a->b + f(g)');
    const clone = cloneExpression(original);
    expect(clone).toEqual(original);
    expect(clone).not.toBe(original);
    expect(clone.kind === 'binary' && original.kind === 'binary' && clone.left !== original.left).toBe(true);
  });
});

describe('visiting', () => {
  test('is in textual order, parents first', () => {
    const seen: string[] = [];
    visitStatement(parseBody('for (a = 1; b; c) { try { d } catch (e) { f } }'), {
      statement: (node) => {
        seen.push(node.kind);
        return undefined;
      },
      expression: (node) => {
        if (node.kind === 'variable') seen.push(node.name);
        return undefined;
      },
    });
    expect(seen.filter((one) => one !== 'expression-statement').join(' ')).toBe(
      'block for a b c block try block d e block f',
    );
  });
  test('skips what it is told to', () => {
    const seen: string[] = [];
    visitStatement(parseBody('a + f(b); if (c) d'), {
      statement: (node) => node.kind !== 'if',
      expression: (node) => {
        seen.push(node.kind);
        return node.kind !== 'call';
      },
    });
    expect(seen).toEqual(['binary', 'variable', 'call']);
  });
});
