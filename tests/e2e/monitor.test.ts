import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stapPath } from '../harness/command.ts';
import { removeScratchFolder } from '../harness/scratch-folder.ts';
import { makeRoot, startStap, until, type RunningStap } from './running-stap.ts';
import { TmuxTerminal } from './tmux-terminal.ts';

// --monitor: the two files, and the live screen in a real terminal.

const SCRIPT = String.raw`
global ticks, names, times, label = "idle"
probe begin { println("started"); names["a\"b"] = 1 }
probe timer.ms(200) { ticks++; times <<< ticks; label = sprintf("tick %d", ticks); printf("tick %d\n", ticks) }
probe procfs("x").read { $value = sprintf("%d\n", ticks) }
probe end { println("the end"); delete names }`;

interface Status {
  readonly uptime: string;
  readonly uid: string;
  readonly memory: string;
  readonly module_name: string;
  readonly globals: Record<string, unknown>;
  readonly probe_list: readonly { readonly index: number; readonly state: string; readonly hits: number }[];
}

describe('the files, without a terminal', () => {
  let stap: RunningStap;
  beforeAll(async () => {
    stap = await startStap({ script: SCRIPT, options: ['--monitor', '-m', 'watched'] });
  });
  afterAll(() => stap.dispose());

  const status = async (): Promise<Status> => JSON.parse(await stap.out('cat monitor_status')) as Status;
  const states = async (): Promise<string> => (await status()).probe_list.map(({ state }) => state).join(' ');

  test('modes', () => {
    expect(statSync(join(stap.directory, 'monitor_status')).mode & 0o777).toBe(0o400);
    expect(statSync(join(stap.directory, 'monitor_control')).mode & 0o777).toBe(0o200);
  });

  test('the state as JSON', async () => {
    await stap.printed('tick 2');
    const now = await status();
    expect(Object.keys(now)).toEqual(['uptime', 'uid', 'memory', 'module_name', 'globals', 'probe_list']);
    expect(now).toMatchObject({ uid: String(process.getuid?.()), module_name: 'watched' });
    expect(now.uptime).toMatch(/^00:00:\d\d$/);
    expect(now.memory).toMatch(/^[1-9]\d*data\/[1-9]\d*text\/[1-9]\d*ctx\/\d+net\/[1-9]\d*alloc kb$/);
    expect(now.globals).toMatchObject({ names: { '("a\\"b")': 1 } });
    expect(now.globals['ticks']).toBeGreaterThanOrEqual(2);
    expect(now.globals['times']).toMatchObject({ '@min': 1 });
    expect(now.probe_list).toMatchObject([
      { index: 0, state: 'on', hits: 1, name: 'begin' },
      { index: 1, state: 'on', name: 'timer.ms(200)' },
      { index: 2, state: 'on', hits: 0, min: 0, avg: 0, max: 0, name: 'procfs("x").read' },
      { index: 3, state: 'on', hits: 0, name: 'end' },
    ]);
  });

  test('pause, resume, and a probe switched by its index', async () => {
    await stap.out('printf pause > monitor_control');
    expect(await states()).toBe('on off off on');
    expect(await stap.out('cat x')).toBe('');
    const before = (await status()).globals['ticks'];
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect((await status()).globals['ticks']).toBe(before);
    await stap.out('echo 1 > monitor_control');
    expect(await states()).toBe('on on off on');
    await stap.out('echo resume > monitor_control');
    expect(await states()).toBe('on on on on');
  });

  test('clear gives globals their first values', async () => {
    await stap.out('echo pause > monitor_control; echo clear > monitor_control');
    expect((await status()).globals).toMatchObject({
      ticks: 0,
      label: 'idle',
      names: {},
      times: { '@count': 0 },
    });
  });

  test('what is no command is refused', async () => {
    for (const text of ['', 'Clear', 'quit now', '4', '-1']) {
      const result = await stap.sh(`echo '${text}' > monitor_control`);
      expect(result.stderr).toContain('Invalid argument');
    }
  });

  test('quit runs the end probes, also while paused; output is plain', async () => {
    await stap.out('echo quit > monitor_control');
    const end = await stap.end();
    expect(end).toMatchObject({ status: 0, stderr: '' });
    expect(end.stdout).toMatch(/^started\n(tick \d+\n)+the end\n/);
    expect(end.stdout).not.toContain('\x1b');
    await stap.assertNothingLeft();
  });
});

test('files of the script with these names stay the script’s', async () => {
  const stap = await startStap({
    script: 'probe procfs("monitor_status").read { $value = "mine" }',
    options: ['--monitor'],
  });
  try {
    expect(await stap.out('cat monitor_status; ls')).toBe('minemonitor_control\nmonitor_status\n');
  } finally {
    await stap.dispose();
  }
});

test('a large array is told, not shown', async () => {
  const stap = await startStap({
    script: String.raw`global a[20000], b
      probe begin { for (i = 0; i < 15000; i++) a[i] = i; b[1] = "x" }
      probe procfs("x").read { $value = sprint(a[1], b[1]) }`,
    options: ['--monitor', '--suppress-time-limits', '-g'].reverse(),
  });
  try {
    const { globals } = JSON.parse(await stap.out('cat monitor_status')) as Status;
    expect(globals).toEqual({ a: '(MAXSTRINGLEN exceeded)', b: { '(1)': 'x' } });
  } finally {
    await stap.dispose();
  }
});

describe('the screen', () => {
  const root = makeRoot();
  const started: TmuxTerminal[] = [];
  afterAll(async () => {
    for (const terminal of started) terminal.end();
    await until('end of all modules', () => !existsSync(root) || mountedModules() === 0, 5000).catch(
      () => undefined,
    );
    await removeScratchFolder(dirname(root));
  });
  const mountedModules = (): number =>
    readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .filter((line) => line.includes(root)).length;

  /** A terminal in which stap runs the script with --monitor; the shell tells its status at the end. */
  function start(
    script: string,
    options = '',
    setting: Partial<{ before: string; tail: string }> = {},
  ): TmuxTerminal {
    const terminal = new TmuxTerminal(90, 26);
    started.push(terminal);
    const file = join(dirname(root), `script-${started.length}.stp`);
    writeFileSync(file, script);
    terminal.type(
      `${setting.before ?? ''} ${stapPath} --procfs-root ${root} --monitor ${options} ${file} ${setting.tail ?? ''}; echo status $?`,
    );
    return terminal;
  }

  /** The terminal belongs to the shell again, as it was. */
  async function isRestored(terminal: TmuxTerminal): Promise<void> {
    await until('main screen', () => terminal.ask('#{alternate_on} #{cursor_flag} #{wrap_flag}') === '0 1 1');
    terminal.type('stty -a | tr " " "\\n" | grep -cx -e icanon -e echo');
    await terminal.shows(/^2$/m);
  }

  test('status above, output below; q ends the script, q again leaves', async () => {
    const terminal = start(SCRIPT, '-m looked_at');
    await terminal.shows('tick 7');
    expect(terminal.ask('#{alternate_on} #{cursor_flag}')).toBe('1 0');
    const lines = terminal.screen().split('\n');
    expect(lines[0]).toMatch(/^┌─ status ─+┐$/);
    expect(lines[1]).toMatch(
      /^│uptime: 00:00:\d\d uid: \d+ memory: \d+data\/\d+text\/\d+ctx\/\d+net\/\d+alloc kb +│$/,
    );
    expect(lines[2]).toMatch(/^│module_name: looked_at probes: 4 +│$/);
    expect(lines.slice(3, 5).join(' ')).toMatch(/globals: .*ticks: \d+ .*label: "tick \d+"/);
    expect(terminal.screen()).toMatch(/│index\* state {2}hits .*min .*avg .*max .*name/);
    expect(terminal.screen()).toMatch(/│1 +on +\d+ +\d+ +\d+ +\d+ +timer.ms\(200\)/);
    expect(lines[12]).toMatch(/^└─+┘$/);
    expect(lines[13]).toBe('started');
    terminal.press('q');
    await terminal.shows('EXITED: press q again to quit');
    await terminal.shows('the end');
    expect(existsSync(join(root, 'looked_at'))).toBe(false);
    terminal.press('q');
    await terminal.shows('status 0');
    // What the end probes printed, and the last of the output, is on the terminal now.
    expect(terminal.screen()).toMatch(/tick \d+\nthe end\n(.*\n)*status 0/);
    await isRestored(terminal);
  });

  test('keys', async () => {
    const terminal = start(SCRIPT);
    await terminal.shows('tick 3');
    terminal.press('s', 's');
    await terminal.shows('hits*');
    expect(terminal.screen()).toMatch(/hits\*(.*\n).*timer\.ms\(200\)/);
    terminal.press('p');
    await terminal.shows(/│1 +off /);
    terminal.press('t');
    await terminal.shows('enter probe index: ');
    terminal.press('1');
    await terminal.shows('enter probe index: 1');
    terminal.press('Enter');
    await terminal.shows(/│1 +on /);
    expect(terminal.screen()).toMatch(/│2 +off /);
    terminal.press('p', 'c');
    await terminal.shows(/ticks: 0 /);
    terminal.press('r');
    await terminal.shows(/│2 +on /);
    terminal.press('h');
    await terminal.shows('help on and off');
    terminal.press('h', 'x');
    await until('no status window', () => !terminal.screen().includes('module_name'));
    expect(terminal.screen().split('\n')[0]).toBe('started');
    terminal.press('x', 'Tab');
    await terminal.shows('module_name');
    terminal.press('q');
    await terminal.shows('EXITED');
    terminal.press('q');
    await terminal.shows('status 0');
  });

  test('the output can be looked back at', async () => {
    const terminal = start('probe begin { for (i = 0; i < 300; i++) printf("line %d %100d|\\n", i, i) }');
    await terminal.shows('line 299');
    expect(terminal.screen()).toMatch(/line 299 +>$/m);
    terminal.press('Tab', 'Home');
    await terminal.shows('line 0 ');
    terminal.press('PageDown', 'j', 'Down', 'Up');
    await terminal.shows(/^line 14 /m);
    terminal.press('Right', 'Right', 'Right');
    await terminal.shows(/26\|$/m);
    terminal.press('End', 'Left', 'Left', 'Left');
    await terminal.shows('line 299');
    terminal.press('C-c');
    await terminal.shows('status 0');
  });

  test('^C ends the script and leaves at once; output of the end probes is there', async () => {
    const terminal = start(SCRIPT);
    await terminal.shows('tick 2');
    terminal.press('C-c');
    await terminal.shows(/the end\n(.*\n)*status 0/);
    expect(terminal.screen()).not.toContain('EXITED');
    await isRestored(terminal);
  });

  test('another end: a signal, exit() of the script, an error', async () => {
    const byScript = start(
      'probe begin { println("one") } probe timer.ms(500) { error("gone wrong") } probe error { println("sorry") }',
    );
    await byScript.shows('EXITED');
    expect(byScript.screen()).toContain('gone wrong');
    byScript.press('q');
    await byScript.shows('status 1');
    const lines = byScript.screen();
    expect(lines).toMatch(/one\n(.*\n)*sorry\n(.*\n)*ERROR: gone wrong/);
    await isRestored(byScript);

    const bySignal = start(SCRIPT, '-m by_signal');
    await bySignal.shows('tick 2');
    const { pid } = JSON.parse(readFileSync(join(root, '.by_signal', 'entry.json'), 'utf8')) as {
      pid: number;
    };
    process.kill(pid, 'SIGTERM');
    await bySignal.shows(/the end\n(.*\n)*status 0/);
    await isRestored(bySignal);
  });

  test('any size of the terminal', async () => {
    const terminal = start(SCRIPT);
    await terminal.shows('tick 1');
    for (const [columns, rows] of [
      [1, 1],
      [5, 2],
      [200, 3],
      [3, 60],
      [20, 10],
    ] as const) {
      terminal.resize(columns, rows);
      terminal.press('Tab', 'h', 'Down', 'End', 'h');
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    terminal.resize(60, 14);
    await terminal.shows(/^┌─ status ─+┐\n(.*\n){5}└─+┘\n(tick \d+\n)+/);
    expect(terminal.screen().split('\n')[0]).toHaveLength(60);
    terminal.press('C-c');
    await terminal.shows('status 0');
  });

  test('what a script prints cannot steer the terminal', async () => {
    const terminal = start(String.raw`probe begin {
      println("\033]0;EVIL\007 \033[2J\033[5;5Hx \033[?1049l \2332J")
      println("gr\303\274\303\237e \377 \346\227\245\346\234\254 \033[31mred\033[0m") }`);
    await terminal.shows('^[]0;EVIL^G ^[[2J^[[5;5Hx ^[[?1049l .2J');
    await terminal.shows('grüße ÿ 日本 red');
    expect(terminal.ask('#{alternate_on}')).toBe('1');
    expect(terminal.ask('#{pane_title}')).not.toContain('EVIL');
    terminal.press('C-c');
    await terminal.shows('status 0');
  });

  test('^Z gives the terminal to the shell, fg brings the screen back', async () => {
    const terminal = start(SCRIPT);
    await terminal.shows('tick 2');
    terminal.press('C-z');
    await terminal.shows('Stopped');
    expect(terminal.ask('#{alternate_on} #{cursor_flag}')).toBe('0 1');
    terminal.type('fg');
    await terminal.shows('module_name');
    await terminal.shows(/tick \d\d/);
    terminal.press('C-c');
    await terminal.shows('the end');
    await isRestored(terminal);
  });

  test('a script that reads keys gets those that the screen does not use', async () => {
    const terminal = start('probe input.char { printf("<%s>", char) }');
    await terminal.shows('probes: 1');
    terminal.press('a', 's', 'b', '1');
    await terminal.shows('<a><b><1>');
    expect(terminal.screen()).toContain('state*');
    terminal.press('C-c');
    await terminal.shows('status 0');
    await isRestored(terminal);
  });

  test('with -o the output is in the file and on the screen', async () => {
    const file = join(dirname(root), 'output');
    const terminal = start(SCRIPT, `-o ${file}`);
    await terminal.shows('tick 2');
    expect(readFileSync(file, 'utf8')).toMatch(/^started\ntick 1\ntick 2\n/);
    terminal.press('C-c');
    await terminal.shows('status 0');
    expect(readFileSync(file, 'utf8')).toContain('the end\n');
    expect(terminal.screen()).not.toContain('the end');
  });

  test('no screen in a pipe, in the background, and on a terminal that cannot do it', async () => {
    for (const [before, tail] of [
      ['', '| cat'],
      ['', '& sleep 0.1'],
      ['TERM=dumb', ''],
    ] as const) {
      const script =
        'probe begin { println("plain") } probe timer.s(1) { exit() } probe end { println("end") }';
      const terminal = start(script, '', { before, tail });
      await terminal.shows(/plain\n(status 0\n)?(\$ )?end$/m);
      expect(terminal.ask('#{alternate_on}')).toBe('0');
      terminal.end();
    }
  });
});
