import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { repositoryRoot, runCommand, stapPath, type Finished } from '../harness/command.ts';
import { removeScratchFolder } from '../harness/scratch-folder.ts';
import { makeRoot, processesNaming, startStap, until } from './running-stap.ts';

interface Line {
  readonly kind: string;
  readonly time: string;
  readonly probe?: string;
  readonly pid?: number;
  readonly execname?: string;
  readonly text: string;
  readonly bytes?: string;
  readonly partial?: true;
}

interface Globals {
  readonly module: string;
  readonly globals: readonly {
    readonly name: string;
    readonly value?: unknown;
    readonly elements?: readonly unknown[];
  }[];
}

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, strictRequired: false, strictTypes: false });
const schema = (name: string): ReturnType<typeof ajv.compile> =>
  ajv.compile(JSON.parse(readFileSync(join(repositoryRoot, 'docs/schemas', name), 'utf8')) as object);
const isLine = schema('output-line.schema.json');
const isGlobals = schema('globals.schema.json');

/** Byte strings of streams, which are UTF-8. */
const decode = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('utf8');

/** The objects of a stream; throws when one is not as the schema says, or the stream ends within one. */
function linesOf(stream: string): readonly Line[] {
  expect(stream === '' || stream.endsWith('\n')).toBe(true);
  return decode(stream)
    .split('\n')
    .slice(0, -1)
    .map((text) => {
      const line = JSON.parse(text) as Line;
      if (!isLine(line)) throw new Error(`${text}: ${ajv.errorsText(isLine.errors)}`);
      return line;
    });
}

function globalsOf(text: string): Globals {
  const told = JSON.parse(decode(text)) as Globals;
  if (!isGlobals(told)) throw new Error(`${text}: ${ajv.errorsText(isGlobals.errors)}`);
  return told;
}

const texts = (lines: readonly Line[]): readonly string[] => lines.map(({ text }) => text);

let root = '';
beforeEach(() => {
  root = makeRoot();
});
afterEach(async () => {
  for (const pid of processesNaming(root)) process.kill(pid, 'SIGTERM');
  await until('end of all modules', () => processesNaming(root).length === 0, 5000);
  await removeScratchFolder(dirname(root));
});

const program = (name: string): string => join(dirname(stapPath), name);
const run = (name: string, ...words: string[]): Promise<Finished> =>
  runCommand(program(name), words, { env: { STAP_PROCFS_ROOT: root } });
const stap = (...words: string[]): Promise<Finished> => run('stap', ...words);

describe('--output=json', () => {
  test('each line is an object: who printed it, and all of its bytes', async () => {
    const { status, stdout, stderr } = await stap(
      '--output=json',
      '-e',
      `probe begin { print("one "); warn("care\\nful") }
       probe begin(1) { printf("two\\n\\n\\303\\244\\377\\"\\n"); print("tail"); exit() }`,
    );
    expect([status, texts(linesOf(stderr))]).toEqual([0, ['care\nful']]);
    const lines = linesOf(stdout);
    expect(lines.map(({ probe, text, partial }) => [probe, text, partial])).toEqual([
      ['begin', 'one two', undefined],
      ['begin(1)', '', undefined],
      ['begin(1)', '\u00e4\ufffd"', undefined],
      ['begin(1)', 'tail', true],
    ]);
    expect(Buffer.from(lines[2]?.bytes ?? '', 'base64').toString('latin1')).toBe('\xc3\xa4\xff"');
    for (const { kind, time, execname } of lines) {
      expect([kind, execname]).toEqual(['output', 'stap']);
      expect(Math.abs(Date.parse(time) - Date.now())).toBeLessThan(60_000);
    }
  });

  test('a long line comes in parts, many lines come whole', async () => {
    const { stdout } = await stap(
      ...['--output=json', '-D', 'MAXACTION=1000000', '-e'],
      `probe begin {
         for (i = 0; i < 20000; i++) print("0123456789")
         println("!")
         for (i = 0; i < 20000; i++) println(i)
         exit()
       }`,
    );
    const lines = linesOf(stdout);
    expect(lines.slice(0, 4).map(({ text, partial }) => [text.length, partial])).toEqual([
      [65_536, true],
      [65_536, true],
      [65_536, true],
      [200_001 - 3 * 65_536, undefined],
    ]);
    expect(texts(lines.slice(4))).toEqual(Array.from({ length: 20_000 }, (_, index) => String(index)));
  });

  test('errors and the end of the run are objects too', async () => {
    const { status, stdout, stderr } = await stap('--output=json', '-e', 'probe begin { error("no\\377") }');
    expect([status, stdout]).toEqual([1, '']);
    const messages = linesOf(stderr);
    expect(messages.map(({ kind }) => kind)).toEqual(['error', 'warning', 'error']);
    expect(Buffer.from(messages[0]?.bytes ?? '', 'base64').toString('latin1')).toContain('no\xff near');
  });

  test('what is wrong with a script is told as --diagnostics=json does, unless that says otherwise', async () => {
    const wrong = await stap('--output=json', '-e', 'probe begin { x = }');
    expect(JSON.parse(wrong.stderr)).toMatchObject({ severity: 'error', file: '<input>', line: 1 });
    const text = await stap('--diagnostics=text', '--output=json', '-e', 'probe begin { x = }');
    expect(text.stderr).toMatch(/^parse error: /);
  });

  test('the file of -o holds nothing else', async () => {
    const file = join(dirname(root), 'out');
    const { stdout } = await stap(
      ...['--output=json', '-o', file, '-c', 'echo of the command'],
      ...['-e', 'probe begin { println("of the script") }'],
    );
    expect(stdout).toBe('of the command\n');
    expect(texts(linesOf(readFileSync(file, 'latin1')))).toEqual(['of the script']);
  });

  test('the process of a line is the one that used the file', async () => {
    const running = await startStap({
      root,
      options: ['--output=json'],
      script: 'probe procfs("f").write { println("got ", $value) }',
    });
    await running.sh('echo hello > f');
    await running.printed('hello');
    const { stdout } = await running.stop();
    expect(linesOf(stdout)).toMatchObject([
      { probe: 'procfs("f").write', execname: 'bash', text: 'got hello' },
      { text: '' },
    ]);
  });

  test('a module in the background gives objects to who attaches', async () => {
    const started = await stap('-F', '--output=json', '-m', 'quiet', '-e', 'probe begin { println("kept") }');
    expect(texts(linesOf(started.stderr))).toEqual([
      'Disconnecting from systemtap module.\nTo reconnect, type "staprun -A quiet"',
    ]);
    const attached = run('staprun', '-A', 'quiet');
    await new Promise((resolve) => setTimeout(resolve, 300));
    await run('stap-rmmod', '-f', 'quiet');
    const { status, stdout } = await attached;
    expect([status, texts(linesOf(stdout))]).toEqual([0, ['kept']]);
  });

  test('a line goes on in the process that the module is handed to', async () => {
    const running = await startStap({
      root,
      options: ['--output=json', '-m', 'moved'],
      script: `probe begin { print("here, ") } probe procfs("f").write { println($value) }`,
    });
    process.kill(running.pid, 'SIGQUIT');
    const first = await running.end();
    expect([first.status, first.stdout, linesOf(first.stderr).length]).toEqual([0, '', 1]);
    await running.sh('printf there > f');
    const attached = run('staprun', '-A', 'moved');
    await new Promise((resolve) => setTimeout(resolve, 300));
    await run('stap-rmmod', '-f', 'moved');
    expect(linesOf((await attached).stdout)).toMatchObject([
      { probe: 'begin', pid: running.pid, text: 'here, there' },
    ]);
  });

  test('a line of a script whose place another one takes is told without its end', async () => {
    const running = await startStap({
      root,
      options: ['--output=json', '-m', 'changed'],
      script: 'probe begin { print("old") } probe procfs("f").read { $value = "1\\n" }',
    });
    const script = join(dirname(root), 'new.stp');
    writeFileSync(
      script,
      'probe begin { println("new") } probe procfs("f").read { $value = "2\\n"; print("end") }',
    );
    const { status } = await run('stap-ctl', 'changed', 'reload', script);
    expect([status, await running.out('cat f')]).toEqual([0, '2\n']);
    const { stdout } = await running.stop();
    expect(linesOf(stdout)).toMatchObject([
      { text: 'new' },
      { text: 'old', partial: true },
      { text: 'end', partial: true },
    ]);
  });

  test.each([
    [['--output=xml'], "Invalid argument 'xml' for --output: give text or json."],
    [['--output=json', '--monitor'], '--monitor shows the output on its screen'],
  ])('%j is refused', async (options, message) => {
    const { status, stderr } = await stap(...options, '-e', 'probe begin { exit() }');
    expect([status, stderr.includes(message)]).toEqual([1, true]);
  });
});

describe('--json-files', () => {
  const GLOBALS = `
    # How often.
    global calls = 4
    global names, sizes, big = 9223372036854775807
    private global mine = "\\377"
    probe begin { calls++; names[execname(), 1] = "x\\303\\244"; sizes[1] <<< 7; sizes[1] <<< 9; println(mine) }
    probe timer.s(100) { println(big); print(@hist_linear(sizes[1], 0, 10, 5)); foreach ([a, b] in names) println(names[a, b]) }`;

  test('a script without files has one, for its owner alone', async () => {
    const running = await startStap({ root, options: ['--json-files', '-m', 'told'], script: GLOBALS });
    expect(await running.out('ls -A')).toBe('.globals.json\n');
    expect(statSync(join(running.directory, '.globals.json')).mode & 0o777).toBe(0o400);
    const text = await running.out('cat .globals.json');
    expect(text).toContain('"value":9223372036854775807');
    const told = globalsOf(text);
    expect([told.module, told.globals.map(({ name }) => name)]).toEqual([
      'told',
      ['calls', 'names', 'sizes', 'mine', 'big'],
    ]);
    expect(told.globals.slice(0, 2)).toEqual([
      { name: 'calls', type: 'long', documentation: 'How often.', onlyGrows: true, value: 5 },
      {
        name: 'names',
        type: 'string',
        keyTypes: ['string', 'long'],
        keyNames: ['execname', 'b'],
        size: 1,
        elements: [{ keys: ['stap', 1], value: 'x\u00e4' }],
      },
    ]);
    await running.stop();
    await running.assertNothingLeft();
  });

  test('it is there without being asked for only where the script has it itself', async () => {
    const own = 'probe procfs(".globals.json").read { $value = "mine\\n" }';
    const running = await startStap({ root, options: ['--json-files'], script: own });
    expect(await running.out('cat .globals.json')).toBe('mine\n');
    await running.stop();
    const without = await startStap({ root, script: 'probe procfs("f").read { $value = "1\\n" }' });
    expect(await without.out('ls -A')).toBe('f\n');
    await without.stop();
  });

  test('it tells the globals of the script that runs, wherever it runs', async () => {
    const running = await startStap({ root, options: ['--json-files', '-m', 'lives'], script: GLOBALS });
    const script = join(dirname(root), 'new.stp');
    writeFileSync(script, 'global calls = 1, fresh = 3 probe timer.s(100) { calls = fresh }');
    expect((await run('stap-ctl', 'lives', 'reload', script)).status).toBe(0);
    const expected = [
      { name: 'calls', type: 'long', value: 5 },
      { name: 'fresh', type: 'long', value: 3 },
    ];
    const read = async (): Promise<Globals> => globalsOf(await running.out('cat .globals.json'));
    expect((await read()).globals).toEqual(expected);
    process.kill(running.pid, 'SIGQUIT');
    expect((await running.end()).status).toBe(0);
    expect((await read()).globals).toEqual(expected);
    await run('stap-rmmod', 'lives');
  });
});

test('the schemas refuse what they should', () => {
  const line = { kind: 'output', time: '2026-11-23T16:16:04.569Z', text: '' };
  const global = { name: 'x', type: 'long', value: 1 };
  const array = { name: 'x', type: 'stats', keyTypes: ['long'], keyNames: ['a'], size: 1 };
  const statistic = { count: 1, sum: 1, min: 1, max: 1, avg: 1 };
  const file = (...globals: readonly object[]): object => ({ module: 'm', time: line.time, globals });
  const lines = [
    { ...line, kind: 'other' },
    { ...line, time: 'now' },
    { ...line, text: 1 },
    { ...line, partial: false },
    { ...line, bytes: '?' },
  ];
  const globals = [
    { ...global, value: 'a' },
    { ...global, elements: [] },
    { name: 'x', type: 'long' },
    { ...array, elements: [{ keys: [1], value: { count: 1 } }] },
    { ...array, elements: [{ keys: [], value: { count: 0 } }] },
    { ...array, keyNames: ['A'], elements: [] },
    { name: 'x', type: 'stats', value: { ...statistic, histogram: { kind: 'log', buckets: [] } } },
  ];
  expect([isLine(line), ...lines.map((one) => isLine(one))]).toEqual([true, ...lines.map(() => false)]);
  expect(isGlobals(file(global, { ...array, elements: [{ keys: [1], value: statistic }] }))).toBe(true);
  expect(globals.map((one) => isGlobals(file(one)))).toEqual(globals.map(() => false));
});

describe('docs/json-output.md', () => {
  const page = readFileSync(join(repositoryRoot, 'docs/json-output.md'), 'utf8');
  const blocks = [...page.matchAll(/^```console\n([^]*?)^```/gm)].map(([, block = '']) => block);
  /** Times and process numbers differ from run to run. */
  const steady = (text: string): string =>
    text.replace(/"time":"[^"]*"/g, '"time":"T"').replace(/"([pt]id)":\d+/g, '"$1":1');

  test('has examples', () => expect(blocks).toHaveLength(3));

  test.each(blocks.map((block) => [block.slice(0, 40), block]))('%j… is what happens', async (_, block) => {
    const shown = block.split('\n').filter((line) => !/^(# | )/.test(line));
    const commands = block
      .split('\n')
      .filter((line) => /^(# | )/.test(line))
      .map((line) => line.replace(/^# /, '').replaceAll('/run/systemtap', root))
      .join('\n');
    const path = `${dirname(stapPath)}:${process.env['PATH'] ?? ''}`;
    const { stdout } = await runCommand('/bin/bash', ['-c', commands], {
      env: { STAP_PROCFS_ROOT: root, PATH: path },
      cwd: dirname(root),
    });
    expect(steady(decode(stdout))).toBe(steady(shown.join('\n')));
  });
});
