import { describe, expect, test } from 'vitest';
import type { Expression } from '../ast/expression.ts';
import { printExpression } from '../ast/print-expression.ts';
import { DiagnosticError } from '../diagnostic/diagnostic.ts';
import { parseOptions } from '../parse/parse-options.ts';
import { parseScript } from '../parse/parse-script.ts';
import { EventCalls } from './event-calls.ts';
import { pointerTo, TASK } from './testing/kernel-facts-fixture.ts';
import { addressOfPlace, followSelectors, readPlace, type TypedPlace } from './typed-access.ts';
import { prettyText } from './typed-pretty.ts';

/** What `text`, a use of `$t` (a `struct task_struct*` in variable `t`), becomes. */
function access(text: string): string {
  const source = { name: 'input', text: `probe begin { t = 1 x = ${text} }`, origin: 'script' } as const;
  const script = parseScript(source, parseOptions({ privileged: true }), { report: () => undefined });
  const last = script?.probes[0]?.body.statements.at(-1);
  const statement = last?.kind === 'expression-statement' ? last.expression : undefined;
  if (statement?.kind !== 'assignment' || statement.value.kind !== 'target') throw new Error(text);
  const target = statement.value;
  const calls = new EventCalls((_file, kind) => kind);
  const root: Expression = { kind: 'variable', name: 't', token: target.token };
  const start: TypedPlace = { kind: 'value', expression: root, type: pointerTo(TASK), space: 'kernel' };
  try {
    const place = followSelectors(start, target.selectors, calls);
    if (target.pretty !== '') return printExpression(prettyText(place, target.pretty, calls, target.token));
    if (target.addressOf) return printExpression(addressOfPlace(place, calls, target.token));
    return printExpression(readPlace(place, calls, target.token));
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    return `${error.diagnostic.message} @${error.diagnostic.token?.text ?? ''}`;
  }
}

describe('reading', () => {
  test.each([
    ['$t', 't'],
    ['$t->pid', 'kernel_read(t, 4, 1)'],
    ['$t->flags', 'kernel_read((t) + (4), 4, 0)'],
    ['$t->parent->pid', 'kernel_read(kernel_read((t) + (24), 8, 0), 4, 1)'],
    ['$t->se->level', 'kernel_read(((t) + (32)) + (4), 4, 1)'],
    ['$t->exit_signal', 'kernel_read((t) + (44), 4, 1)'],
    ['$t->comm', '(t) + (8)'],
    ['$t->comm[2]', 'kernel_read(((t) + (8)) + (2), 1, 1)'],
    ['$t->counts[i]', 'kernel_read(((t) + (56)) + ((i) * (8)), 8, 1)'],
    ['$t[1]->pid', 'kernel_read((t) + (96), 4, 1)'],
    ['$t->buffer[0]', 'user_read(kernel_read((t) + (80), 8, 0), 1, 1)'],
    ['&$t->flags', '(t) + (4)'],
    ['&$t->se', '(t) + (32)'],
  ])('%s', (text, expected) => {
    expect(access(text)).toBe(expected);
  });

  test('bit fields: shifted and masked, signed ones keep their sign', () => {
    expect(access('$t->on_cpu')).toBe('((kernel_read((t) + (48), 4, 0)) >> (3)) & (3)');
    expect(access('$t->delta')).toBe('((kernel_read((t) + (48), 4, 0)) << (55)) >> (60)');
  });
});

describe('refused', () => {
  test.each([
    [
      '$t->pidd',
      "unable to find member 'pidd' for struct task_struct (alternatives: pid, load, se, comm, delta) @->",
    ],
    ['$t->pid->x', "invalid access '->x' vs. int @->"],
    ['$t->comm->x', "invalid access '->x' for array type @->"],
    ['$t->se[1]', "invalid access '[]' vs. struct entity @["],
    ['$t->se', "'struct entity' is being accessed instead of a member @$t"],
    ['$t->load', "cannot read a value of type 'double' @$t"],
    ['&$t', 'cannot take address of context variable @$t'],
    ['&$t->on_cpu', 'cannot take address of bit-field @$t'],
  ])('%s', (text, expected) => {
    expect(access(text)).toBe(expected);
  });
});

describe('pretty-printed', () => {
  test('one level', () => {
    expect(access('$t$')).toContain(
      'sprintf("{.pid=%i, .flags=%u, .comm=\\"%s\\", .parent=%p, .se={...}, {.exit_code=%i, .exit_signal=%i}, .on_cpu=%u, .delta=%i, .counts=[...], .buffer=\\"%s\\", .load=?}"',
    );
  });

  test('all levels', () => {
    expect(access('$t->se$$')).toBe(
      'sprintf("{.weight=%i, .level=%i}", kernel_read((t) + (32), 4, 1), kernel_read(((t) + (32)) + (4), 4, 1))',
    );
    expect(access('$t->counts$$')).toContain('sprintf("[%i, %i, %i]", ');
    expect(access('$t$$')).toContain('.se={.weight=%i, .level=%i}');
  });

  test('text is read from where its pointer points to', () => {
    expect(access('$t->buffer$')).toBe(
      'sprintf("\\"%s\\"", user_read_string(kernel_read((t) + (80), 8, 0), 512))',
    );
    expect(access('$t->comm$')).toBe('sprintf("\\"%s\\"", kernel_read_string((t) + (8), 17))');
  });
});
