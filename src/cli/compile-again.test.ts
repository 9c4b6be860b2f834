import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { compileAgain } from './compile-again.ts';

const program = { version: '0.1.0', build: 'test', directory: resolve(import.meta.dirname, '../..') };
const folder = mkdtempSync(join(tmpdir(), 'stap-compile-again-'));
const script = join(folder, 'script.stp');
const ownUser = process.geteuid?.() ?? 0;

afterAll(() => rmSync(folder, { recursive: true }));

function compile(uid: number, text: string): ReturnType<typeof compileAgain> {
  writeFileSync(script, text);
  const entry = {
    ...({ formatVersion: 1, name: 'again', state: 'running' } as const),
    ...{ pid: process.pid, startTicks: '0', uid, startedAtMs: 0 },
    ...{ script, directory: undefined, files: [] },
  };
  const module = { root: folder, home: join(folder, '.again'), uid, entry };
  return compileAgain(program, { module, options: [script], scriptArguments: [] });
}

describe('the script of a running module', () => {
  it('is compiled from its file as it is now', async () => {
    expect(await compile(ownUser, 'probe timer.s(1) { println("one") }')).toMatchObject({
      kind: 'compiled',
      script,
    });
    expect(await compile(ownUser, 'probe timer.s(1) {\n  println("one"\n}')).toMatchObject({
      kind: 'wrong',
      diagnostics: [{ severity: 'error', file: script, line: 3 }],
    });
  });

  it("of another user is not: it could be a file that only this user can read, and goes to the other's process", async () => {
    const secret = await compile(ownUser + 1, 'probe timer.s(1) { println("secret") }');
    expect(secret).toMatchObject({ kind: 'impossible', text: expect.stringContaining('stap-ctl') as string });
  });
});
