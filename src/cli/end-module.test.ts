import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findModule, listModules, type ListedModule } from '../registry/module-list.ts';
import { describeModule } from './ask-module.ts';
import { endModule } from './end-module.ts';

/** For a module that does not answer. */
const SHORT = { answerMs: 300, endMs: 300, politeEndMs: 300, forcedEndMs: 300, termMs: 300 };

let root = '';
let child: ChildProcess | undefined;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'stap-end-')));
});
afterEach(async () => {
  const running = child;
  child = undefined;
  if (running?.exitCode === null && running.signalCode === null) {
    const closed = new Promise((resolve) => running.once('close', resolve));
    running.kill('SIGKILL');
    await closed;
  }
  rmSync(root, { recursive: true, force: true });
});

/** A module in a process of its own, with a real control socket. */
async function start(mode: 'free' | 'attached'): Promise<ListedModule> {
  const runner = join(import.meta.dirname, '../../scripts/run-ts.mjs');
  const program = join(import.meta.dirname, '../control/testing/served-module.ts');
  const started = spawn(process.execPath, [runner, program, root, 'served', mode], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child = started;
  await new Promise((resolve) => started.stdout.once('data', resolve));
  const module = findModule([root], 'served');
  if (module === undefined) throw new Error('it is not registered');
  return module;
}

describe('a module', () => {
  test('ends when it is asked to, and nothing is left', async () => {
    const module = await start('free');
    expect(await describeModule(module)).toMatchObject({ clients: [], version: '0' });
    expect(await endModule(module, false)).toEqual({ kind: 'ended' });
    expect(readdirSync(root)).toEqual([]);
    expect(await endModule(module, false)).toEqual({ kind: 'ended' });
  });

  test('goes on while somebody is attached, who is named', async () => {
    const module = await start('attached');
    expect(await endModule(module, false)).toEqual({
      kind: 'in-use',
      holders: [{ pid: module.entry.pid, command: 'reader' }],
    });
    expect(listModules([root]).length).toBe(1);
    expect(await endModule(module, true)).toEqual({ kind: 'ended' });
    expect(readdirSync(root)).toEqual([]);
  });

  test('that is stopped is only ended by force', async () => {
    const module = await start('free');
    process.kill(module.entry.pid, 'SIGSTOP');
    expect(await endModule(module, false, SHORT)).toEqual({ kind: 'no-answer' });
    expect(await endModule(module, true, SHORT)).toEqual({ kind: 'ended' });
    expect(existsSync(root) ? readdirSync(root) : []).toEqual([]);
  });

  test('that was killed is gone', async () => {
    const module = await start('free');
    const closed = new Promise((resolve) => child?.once('close', resolve));
    process.kill(module.entry.pid, 'SIGKILL');
    await closed;
    expect(listModules([root])).toEqual([]);
    expect(await endModule(module, false)).toEqual({ kind: 'ended' });
    expect(readdirSync(root)).toEqual([]);
  });
});
