import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import type { KernelSite } from '../../module/kernel-part.ts';
import { KernelFeatures } from './features.ts';
import { openKernelProbes, type OpenKernelProbes } from './open-kernel-probes.ts';
import { loadLoaderSystemCalls } from './system-calls.ts';
import { hasEbpf } from './testing/ebpf-access.ts';
import { placeOfFunction } from './testing/function-place.ts';
import { recorder, recordingPart } from './testing/recording-part.ts';
import type { UserProbeWay } from './user-sites.ts';

const hasMulti =
  hasEbpf() && new KernelFeatures(loadLoaderSystemCalls()).missing('uprobe-multi') === undefined;
const hasUprobes = hasEbpf() && existsSync('/sys/bus/event_source/devices/uprobe/type');
const shells: ChildProcess[] = [];
afterAll(() => {
  for (const shell of shells) shell.kill('SIGKILL');
});

/** A shell that runs the lines it gets; `kill -0 $$` of it calls kill of the C library. */
class Shell {
  readonly process: ChildProcess = spawn('sh');
  #out = '';
  #wake = (): void => undefined;

  constructor() {
    shells.push(this.process);
    this.process.stdout?.on('data', (data: Buffer) => {
      this.#out += data.toString('latin1');
      this.#wake();
    });
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  /** Runs a line, and waits until it has run. */
  async run(line: string): Promise<void> {
    this.#out = '';
    this.process.stdin?.write(`${line}\necho done\n`);
    while (!this.#out.includes('done')) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  /** Another shell takes its place, with that word in its command line. */
  async become(name: string): Promise<void> {
    // Nothing more, or the old one might read it.
    this.process.stdin?.write(`exec sh -s ${name}\n`);
    const deadlineMs = performance.now() + 5000;
    while (!readFileSync(`/proc/${this.pid}/cmdline`, 'latin1').includes(name)) {
      if (performance.now() > deadlineMs) throw new Error('it is the same shell');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.kill(signal);
    await ended;
  }
}

/** Probes of kill in the shell's C library: everywhere, and in that process. */
function probesOf(
  shell: Shell,
  way: UserProbeWay,
  isEverywhere: boolean,
): { probes: OpenKernelProbes; count: () => number } {
  const place = placeOfFunction('kill');
  const pid = isEverywhere ? {} : { pid: shell.pid };
  const site: KernelSite = { kind: 'user', program: 0, probe: 1, isReturn: false, ...place, ...pid };
  const program = recorder('cookie', { type: 'kprobe', isMulti: true });
  let count = 0;
  const probes = openKernelProbes(recordingPart([program], [site]), {
    take: () => count++ >= 0,
    target: shell.pid,
    warn: () => undefined,
    userProbes: way,
  });
  probes.attach();
  return {
    probes,
    count: () => {
      probes.drain();
      return count;
    },
  };
}

describe.each([
  ['by one link', 'multi', hasMulti],
  ['by perf events', 'perf', hasUprobes],
] as const)('probed processes %s', (_, way, isThere) => {
  describe.runIf(isThere)('in the kernel', () => {
    test.each([
      ['in every process', true],
      ['in that process', false],
    ])('a program that takes the place of another one is probed too, %s', async (_where, isEverywhere) => {
      const shell = new Shell();
      const { probes, count } = probesOf(shell, way, isEverywhere);
      await shell.run('kill -0 $$; kill -0 $$');
      expect(count()).toBe(2);
      await shell.become('another');
      await shell.run('kill -0 $$');
      expect(count()).toBe(3);
      probes.close();
      await shell.run('kill -0 $$');
      await shell.end('SIGTERM');
    });

    test.each(['SIGKILL', 'SIGTERM'] as const)(
      'a process may end by %s while it is probed',
      async (signal) => {
        const shell = new Shell();
        const { probes, count } = probesOf(shell, way, false);
        await shell.run('kill -0 $$');
        shell.process.stdin?.write('while :; do kill -0 $$; done\n');
        await new Promise((resolve) => setTimeout(resolve, 20));
        await shell.end(signal);
        expect(count()).toBeGreaterThan(1);
        probes.detach();
        probes.close();
      },
    );

    test('a process that has ended cannot be probed any more', async () => {
      const shell = new Shell();
      await shell.end('SIGKILL');
      expect(() => probesOf(shell, way, false)).toThrow(/: no such process$/);
    });
  });
});
