import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { processStartTicks } from './process-identity.ts';

// A real process starts the supervisor and is killed; its successor adopts the pipe as descriptor 3.
const OWNER = `
import { adoptSupervisor, startSupervisor } from './supervisor.ts';
import { spawn } from 'node:child_process';
const [mode, home, root] = process.argv.slice(2);
if (mode === 'successor') {
  const supervisor = adoptSupervisor(3);
  process.once('SIGTERM', () => { supervisor.dismiss(); process.exit(0); });
  console.log('adopted ' + process.pid);
} else {
  const files = ['control', 'entry.json', 'it\\'s "a file'].map((name) => home + '/' + name);
  const supervisor = startSupervisor({ files: [...files, root + '/outside'], directories: [home, root] });
  if (mode === 'hand over') {
    const child = spawn(process.execPath, [process.argv[1], 'successor'], { stdio: ['inherit', 'inherit', 'inherit', supervisor.pipe] });
    child.once('spawn', () => { supervisor.abandon(); setTimeout(() => process.exit(0), 500); });
  } else {
    console.log('started');
    process.stdin.once('data', () => { supervisor.dismiss(); setTimeout(() => process.exit(0), 100); });
  }
}
// Whatever becomes of the test, nothing stays.
setTimeout(() => process.exit(1), 15_000);
`;

describe('a supervisor', () => {
  let scratch = '';
  let root = '';
  let home = '';
  let round = 0;
  beforeAll(() => {
    scratch = realpathSync(mkdtempSync(join(tmpdir(), 'stap-supervisor-')));
    buildSync({
      stdin: { contents: OWNER, resolveDir: import.meta.dirname, loader: 'ts' },
      bundle: true,
      platform: 'node',
      format: 'cjs',
      outfile: join(scratch, 'owner.cjs'),
    });
  });
  afterAll(() => rmSync(scratch, { recursive: true }));
  beforeEach(() => {
    root = join(scratch, `root ${round++}`);
    home = join(root, '.m');
    mkdirSync(home, { recursive: true });
    for (const name of ['control', 'it\'s "a file', '../outside']) writeFileSync(join(home, name), '');
  });

  async function start(
    mode: string,
  ): Promise<{ readonly child: ReturnType<typeof spawn>; readonly line: string }> {
    const child = spawn(process.execPath, [join(scratch, 'owner.cjs'), mode, home, root], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const line = await new Promise<string>((resolve) =>
      child.stdout.once('data', (data: Buffer) => resolve(data.toString())),
    );
    return { child, line };
  }

  function enter(pid: number | undefined): void {
    const entry = { name: 'm', pid, startTicks: processStartTicks(pid ?? 0), script: '"pid":1' };
    writeFileSync(join(home, 'entry.json'), JSON.stringify(entry));
  }

  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  const names = (): string[] => readdirSync(scratch).filter((name) => name.startsWith('root'));

  it('removes files and directories when its process is killed', async () => {
    const { child } = await start('plain');
    enter(child.pid);
    child.kill('SIGKILL');
    await expect.poll(names).toEqual([]);
  });

  it('removes nothing when it is dismissed', async () => {
    const { child } = await start('plain');
    enter(child.pid);
    child.stdin?.write('go\n');
    await new Promise((resolve) => child.once('exit', resolve));
    await pause(200);
    expect(readdirSync(home).length).toBe(3);
    rmSync(root, { recursive: true });
  });

  it('leaves the home of a successor alone', async () => {
    const { child } = await start('plain');
    enter(process.pid);
    child.kill('SIGKILL');
    await pause(400);
    expect(readdirSync(home).sort()).toEqual(['control', 'entry.json', 'it\'s "a file']);
    expect(readdirSync(root)).toContain('outside');
    rmSync(root, { recursive: true });
  });

  it('goes on for a process that takes the module over', async () => {
    const { child, line } = await start('hand over');
    const pid = Number(/^adopted (\d+)/.exec(line)?.[1]);
    enter(pid);
    await new Promise((resolve) => child.once('exit', resolve));
    await pause(300);
    expect(readdirSync(home).length).toBe(3);
    process.kill(pid, 'SIGKILL');
    await expect.poll(names).toEqual([]);
  });

  it('is dismissed by a process that took the module over', async () => {
    const { child, line } = await start('hand over');
    const pid = Number(/^adopted (\d+)/.exec(line)?.[1]);
    enter(pid);
    await new Promise((resolve) => child.once('exit', resolve));
    process.kill(pid, 'SIGTERM');
    await pause(400);
    expect(readdirSync(home).length).toBe(3);
    rmSync(root, { recursive: true });
  });
});
