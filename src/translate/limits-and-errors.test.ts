import { describe, expect, it } from 'vitest';
import { loadModule, runScript, translateScript } from '../../tests/harness/run-script.ts';

describe('the budget of actions', () => {
  /** Increments of n before MAXACTION strikes, and where. */
  async function overrun(body: string, rest = ''): Promise<string> {
    const run = await runScript(
      `global n\n${rest}\nprobe begin { n = 0; println("x"); ${body} }\nprobe error { println(n) }`,
    );
    return `${run.output.replace('x\n', '').trim()} ${run.messages[0]?.replace(/^.* near /, '') ?? ''}`;
  }

  it.each([
    ['while (1) n++', "4999 identifier 'n' at <input>:3:46 in probe begin"],
    ['while (1) { n++; n++; n++ }', "7500 operator '{' at <input>:3:46 in probe begin"],
    ['for (i = 0; i < 1000000; i++) ;', '0 keyword at <input>:3:36 in probe begin'],
    ['while (1) if (n < 5) n++; else n += 2', '6659 keyword at <input>:3:46 in probe begin'],
    ['while (1) { try { n++ } catch { } }', '4998 keyword at <input>:3:48 in probe begin'],
  ])('%s', async (body, expected) => {
    expect(await overrun(body)).toBe(expected);
  });

  it('charges a call of a straight function its size, and checks it before it runs', async () => {
    expect(await overrun('while (1) f(1)', 'function f(x) { n++ return x }')).toBe(
      "2499 identifier 'f' at <input>:2:10 (called from identifier 'f' at <input>:3:46) in probe begin",
    );
  });

  it('cannot be caught, and counts anew in every handler', async () => {
    const run = await runScript(
      `global n probe begin { try { while (1) n++ } catch { println("no") } }
      probe begin(1) { for (i = 0; i < 4000; i++) n++; println("second ", n > 8000) exit() }`,
      ['MAXERRORS=1'],
    );
    expect(run.output).toBe('second 1\n');
  });

  it('refuses straight code that is too long before it begins', async () => {
    const run = await runScript('probe begin { println(1); println(2); println(3) }', [
      'MAXACTION_INTERRUPTIBLE=2',
    ]);
    expect([run.output, run.messages[0]]).toEqual(['', 'error: MAXACTION exceeded']);
  });

  it('does not exist with --suppress-time-limits', async () => {
    const module = translateScript('global n probe begin { while (n < 30000) n++; println(n) }', [], {
      suppressTimeLimits: true,
    });
    const { engine, world } = await loadModule(module);
    engine.start();
    expect(world.output.text).toBe('30000\n');
  });
});

describe('error reports', () => {
  it.each([
    [
      'println(a1(z))',
      "division by 0 near operator '%' at <input>:3:27 (called from identifier 'b1' at <input>:2:25) (called from identifier 'a1' at <input>:4:23)",
    ],
    ['n = 5; n /= z', "division by 0 near identifier 'z' at <input>:4:27"],
    ['arr[1] = 1; arr[2] = 2', "Array overflow, check size limit (1) near identifier 'arr' at <input>:4:27"],
    ['println(@avg(st))', "empty aggregate near operator '@avg' at <input>:4:23"],
    ['st <<< 1 / z', "division by 0 near operator '/' at <input>:4:24"],
    ['error("plain")', "plain near identifier 'error' at <input>:4:15"],
    [
      'try { a1(0) } catch { } println(strlen("") + 1 % z)',
      "division by 0 near operator '%' at <input>:4:62",
    ],
  ])('%s', async (body, expected) => {
    const script = `global n, z, arr[1], st
function a1(x) { return b1(x) + 1 }
function b1(x) { return 7 % x }
probe begin { ${body} }
probe never { n = z + 1; z = n + 1; st <<< 1; arr[1] = 1; println(arr[1]) }`;
    const run = await runScript(script);
    const [first] = run.messages;
    expect(first).toBe(`error: ${expected} in probe begin`);
  });

  it('name the library function that failed and its call', async () => {
    const run = await runScript('probe begin { println(stringat("abc", strlen("123456789"))) }');
    expect(run.messages[0]).toMatch(
      /^error: Position out of bounds near identifier 'stringat' at \/tapset\/string\.stp:\d+:\d+ \(called from identifier 'stringat' at <input>:1:23\) in probe begin$/,
    );
  });

  it('are cut to the length of a string', async () => {
    const run = await runScript(`probe begin { error(sprintf("%600d", 1)) }`);
    expect(run.messages[0]?.length).toBe('error: '.length + 511);
  });
});
