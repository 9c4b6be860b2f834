import { describe, expect, it } from 'vitest';
import { translateScript } from '../../tests/harness/run-script.ts';
import type { Int64 } from '../int64/int64.ts';
import type { WordName } from '../module/event-record.ts';
import { ScriptError, type HandlerContext } from '../runtime/handler-context.ts';
import { Engine } from '../runtime/engine.ts';
import { intrinsics } from '../runtime/intrinsics/table.ts';
import { memoryWorld, PLAIN_OPTIONS } from '../runtime/testing/memory-ports.ts';

const WORDS: Readonly<Partial<Record<WordName, Int64>>> = {
  'argument:0': -2,
  'argument:1': -0xffff_ffff,
  'register:0': 0x1234_5678_9abc_defen,
  'register:7': 0x7000,
  result: -13,
};

/** What `print(EXPRESSION)` puts out at an event with these words, with 8-byte numbers in memory that are their address. */
async function printed(expression: string): Promise<string> {
  const words = new Map(intrinsics)
    .set('event_word', (_context: HandlerContext, name: WordName) => {
      const word = WORDS[name];
      if (word === undefined) throw new ScriptError('register access fault [man error::fault]');
      return word;
    })
    .set('user_read', (_context: HandlerContext, address: Int64) => address);
  const world = memoryWorld(words);
  const engine = new Engine(translateScript(`probe begin { print(${expression}) }`), world.ports, PLAIN_OPTIONS);
  engine.start();
  await engine.stop();
  const [first] = world.messages.map(({ text }) => text.replace(/ near .*/, ''));
  return first ?? world.output.text;
}

describe('registers', () => {
  it.each([
    ['int_arg(1)', '-2'],
    ['uint_arg(1)', '4294967294'],
    ['s64_arg(1)', '-2'],
    ['int_arg(2)', '1'],
    ['pointer_arg(2)', '-4294967295'],
    ['ulong_arg(7)', `28680`],
    ['u32_arg(8)', `28688`],
    ['register("rax")', `1311768467463790334`],
    ['register("eax")', `${0x9abc_defe - 2 ** 32}`],
    ['u_register("eax")', `2596069118`],
    ['u_register("ax")', `57086`],
    ['register("al")', '-2'],
    ['u_register("ah")', `222`],
    ['registers_valid()', '1'],
    ['returnval()', '-13'],
    ['returnstr(1)', '-13 (EACCES)'],
  ])('%s', async (expression, expected) => {
    expect(await printed(expression)).toBe(expected);
  });

  it.each([
    ['int_arg(0)', 'cannot access arg(0)'],
    ['register("xyz")', 'Unknown register: xyz'],
    ['int_arg(3)', 'register access fault [man error::fault]'],
  ])('%s is an error', async (expression, message) => {
    expect(await printed(expression)).toBe(message);
  });
});
