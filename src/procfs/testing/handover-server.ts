/**
 * A program that serves a directory and hands it to a second process of itself. Commands on standard input, one per line:
 * `close` and `open` the gate, `freeze`, `resume`, `hand over`, `report`, `remove`. Each is answered by one line.
 */
import { spawn } from 'node:child_process';
import { readSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import { deserialize, serialize } from 'node:v8';
import { adoptModuleDirectory, mountModuleDirectory } from '../module-directory.ts';
import type { FrozenDirectory } from '../frozen-directory.ts';
import type { ServedFiles } from '../served-files.ts';
import type { PseudoFile } from '../pseudo-file.ts';
import { TestGate } from '../../runtime/testing/test-gate.ts';

const CHANNEL_FD = 3;
const DEVICE_FD = 4;
const BIG_LINES = 40_000;

/** What the served files remember. */
interface Memory {
  opens: number;
  readonly received: string[];
}

function filesOf(memory: Memory): PseudoFile[] {
  const big = (): string => {
    const name = `open ${++memory.opens}`;
    return Array.from({ length: BIG_LINES }, (_, line) => `${name} line ${line}\n`).join('');
  };
  const record = (_: unknown, data: string): { written: number } => {
    memory.received.push(data);
    return { written: data.length };
  };
  return [
    { path: 'big', mode: 0o444, read: () => ({ content: big() }) },
    { path: 'sub/pages', mode: 0o444, read: () => ({ content: big() }) },
    { path: 'small', mode: 0o444, read: () => ({ content: `small ${++memory.opens}\n` }) },
    { path: 'sink', mode: 0o622, write: record },
    ...['one', 'two', 'three'].map((name) => ({ path: `sinks/${name}`, mode: 0o622, write: record })),
  ];
}

const memory: Memory = { opens: 0, received: [] };
const gate = new TestGate();
const common = { gate, uid: 0, gid: 0 };
const say = (line: string): void => void writeSync(1, `${line}\n`);

async function start(): Promise<ServedFiles<FrozenDirectory>> {
  const [role, root = ''] = process.argv.slice(2);
  if (role === 'first')
    return mountModuleDirectory({ ...common, root, moduleName: 'module', files: filesOf(memory) });
  writeSync(CHANNEL_FD, '!');
  const frozen = receive();
  Object.assign(memory, frozen.memory);
  const directory = await adoptModuleDirectory(DEVICE_FD, frozen.directory, {
    ...common,
    files: filesOf(memory),
  });
  writeSync(CHANNEL_FD, '!');
  return directory;
}

/** Reads what the first process sends until it closes its side. */
function receive(): { readonly memory: Memory; readonly directory: FrozenDirectory } {
  const head = Buffer.alloc(4);
  readFully(head);
  const body = Buffer.alloc(head.readUInt32LE(0));
  readFully(body);
  return deserialize(body) as ReturnType<typeof receive>;
}

function readFully(target: Buffer): void {
  for (let at = 0; at < target.length; at += readSync(CHANNEL_FD, target, at, target.length - at, null));
}

async function handOver(directory: ServedFiles<FrozenDirectory>): Promise<void> {
  const [, script = '', , root = ''] = process.argv;
  const stdio = ['inherit', 'inherit', 'inherit', 'pipe', directory.deviceFd] as const;
  const child = spawn(process.execPath, [script, 'second', root], { stdio: [...stdio], detached: true });
  const channel = child.stdio[CHANNEL_FD] as Duplex;
  const answer = (): Promise<unknown> => new Promise((resolve) => channel.once('data', resolve));
  await answer();
  const beganMs = performance.now();
  const body = serialize({ memory, directory: await directory.freeze() });
  const head = Buffer.alloc(4);
  head.writeUInt32LE(body.length, 0);
  channel.write(Buffer.concat([head, body]));
  await answer();
  directory.abandon();
  say(`handed over to ${child.pid} in ${Math.round(performance.now() - beganMs)} ms`);
  process.exit(0);
}

const directory = await start();
const commands: Readonly<Record<string, () => unknown>> = {
  close: () => gate.close(),
  open: () => gate.open(),
  freeze: () => directory.freeze(),
  resume: () => directory.resume(),
  'replace files': () =>
    directory.replaceFiles([
      ...filesOf(memory),
      { path: 'new', mode: 0o444, read: () => ({ content: 'n' }) },
    ]),
  'hand over': () => handOver(directory),
  report: () => say(JSON.stringify({ open: directory.openCount, received: memory.received })),
  remove: async () => {
    const holders = await directory.remove();
    say(`removed, ${holders.length} holders`);
    process.exit(0);
  },
};
say(`serving ${directory.path}`);
const input = createInterface({ input: process.stdin });
input.on('line', (line) => {
  // The other process reads the next one.
  if (line === 'hand over') process.stdin.pause();
  void Promise.resolve(commands[line]?.()).then(() => say(`${line} done`));
});
