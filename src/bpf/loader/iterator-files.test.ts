import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runningKernel } from '../../symbols/running-kernel.ts';
import { Assembler } from '../assembler.ts';
import { coverFiles, uncoverFiles } from './iterator-files.ts';
import { attachIterator, type ProbeLink } from './links.ts';
import { createMap, type BpfMap } from './maps.ts';
import { loadProgram } from './programs.ts';
import { loadLoaderSystemCalls } from './system-calls.ts';
import { hasEbpf } from './testing/ebpf-access.ts';

describe.runIf(hasEbpf())('iterators over files in the kernel', () => {
  const calls = loadLoaderSystemCalls();
  let folder: string;
  let map: BpfMap;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'stap-iterator-'));
    const shape = { type: 'array', keyBytes: 4, valueBytes: 8, maxEntries: 1, mapped: true } as const;
    map = createMap(calls, { name: 'counter', ...shape });
  });
  afterEach(async () => {
    await uncoverFiles([file('x'), file('y')]);
    map.close();
    rmSync(folder, { recursive: true });
  });

  const file = (name: string): string => join(folder, name);
  const mounts = (): readonly string[] =>
    readFileSync('/proc/self/mountinfo', 'latin1')
      .split('\n')
      .filter((line) => line.includes(` ${folder}`));

  /** An iterator whose text is the 8 bytes of the map's element. */
  function iterator(): ProbeLink {
    const code = new Assembler();
    const end = code.newLabel('end');
    code.load(8, 'r2', 'r1', 24);
    code.jumpIf('==', 'r2', 0, end);
    code.load(8, 'r1', 'r1', 0);
    code.load(8, 'r1', 'r1', 0);
    code.mapValue('r2', 0, 0);
    code.alu('=', 'r3', 8);
    code.call('seq_write');
    code.bind(end);
    code.alu('=', 'r0', 0);
    code.exit();
    const { code: bytes, relocations, places } = code.finish();
    const btfId = runningKernel().functionFacts('bpf_iter_bpf_map_elem')?.btfId ?? 0;
    const program = loadProgram(
      calls,
      {
        ...{ name: 'text', type: 'iterator', btfId, relocations, places },
        code: Buffer.from(bytes).toString('base64'),
      },
      [map],
    );
    const link = attachIterator(calls, program, map.fd, 'a test');
    calls.close(program);
    return link;
  }

  test('show what the map holds, and look as the files below', async () => {
    writeFileSync(file('x'), 'below');
    chmodSync(file('x'), 0o440);
    utimesSync(file('x'), 1e9, 1e9);
    const before = statSync(file('x'));
    const link = iterator();
    await coverFiles([{ link: link.fd, path: file('x') }], calls);
    link.close();
    const now = statSync(file('x'));
    expect([now.mode, now.uid, now.gid, now.mtimeMs]).toEqual([
      before.mode,
      before.uid,
      before.gid,
      before.mtimeMs,
    ]);
    expect(now.size).toBe(0);
    map.update(Buffer.alloc(4), Buffer.from('counter1'));
    expect(execFileSync('cat', [file('x')], { encoding: 'latin1' })).toBe('counter1');
    map.update(Buffer.alloc(4), Buffer.from('counter2'));
    expect(readFileSync(file('x'), 'latin1')).toBe('counter2');
    chmodSync(file('x'), 0o400);
    await uncoverFiles([file('x')]);
    expect(readFileSync(file('x'), 'latin1')).toBe('below');
    expect(statSync(file('x')).mode & 0o777).toBe(0o400);
    expect(mounts()).toEqual([]);
  });

  test('files that nothing covers, or that are not there, stay as they are', async () => {
    writeFileSync(file('x'), 'below');
    await uncoverFiles([file('x'), file('y')]);
    expect(readFileSync(file('x'), 'latin1')).toBe('below');
    const link = iterator();
    const both = ['x', 'y'].map((name) => ({ link: link.fd, path: file(name) }));
    await expect(coverFiles(both, calls)).rejects.toThrow(/^cannot lay an iterator over .*y: ENOENT/);
    expect(mounts()).toHaveLength(1);
    link.close();
  });
});
