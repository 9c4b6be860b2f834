import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { loadLoaderSystemCalls } from '../../src/bpf/loader/system-calls.ts';

const ARGUMENT_WORDS = 12;

/*
 * What one thread does: waits until all are there, and runs the program for every event, many times. Attributes are union
 * bpf_attr of BPF_PROG_TEST_RUN: prog_fd, ctx_size_in at 40, ctx_in at 48. The buffers are those of the main thread.
 */
const THREAD = `
const { workerData } = require('node:worker_threads');
const { koffi: koffiPath, number, gate, count, attributes, rounds } = workerData;
const koffi = require(koffiPath);
const bpf = koffi.load(null).func('long syscall(long number, int command, void *attributes, unsigned int size)');
const calls = attributes.map((shared) => Buffer.from(shared));
const waiting = new Int32Array(gate);
if (Atomics.add(waiting, 0, 1) + 1 === count) Atomics.notify(waiting, 0);
for (let there = Atomics.load(waiting, 0); there < count; there = Atomics.load(waiting, 0)) Atomics.wait(waiting, 0, there);
for (let round = 0; round < rounds; round++)
  for (const call of calls) if (bpf(number, 10, call, call.length) < 0) throw new Error('a program did not run');
`;

/** Bytes that threads share, with their address. */
function sharedBytes(size: number): Buffer<SharedArrayBuffer> {
  return Buffer.from(new SharedArrayBuffer(size));
}

/**
 * Runs a raw tracepoint program for the events, `rounds` times each, in `threads` threads of this process at once: on a
 * machine with several processors on several of them. `program` is its descriptor.
 */
export async function fireAtOnce(
  program: number,
  events: readonly (readonly bigint[])[],
  { threads, rounds }: { readonly threads: number; readonly rounds: number },
): Promise<void> {
  const calls = loadLoaderSystemCalls();
  const contexts = events.map((args) => {
    const context = sharedBytes(ARGUMENT_WORDS * 8);
    args.forEach((value, index) => context.writeBigUInt64LE(BigInt.asUintN(64, value), index * 8));
    return context;
  });
  const attributes = contexts.map((context) => {
    const call = sharedBytes(152);
    call.writeInt32LE(program, 0);
    call.writeUInt32LE(context.length, 40);
    call.writeBigUInt64LE(calls.address(context), 48);
    return call.buffer;
  });
  const workerData = {
    koffi: createRequire(import.meta.url).resolve('koffi'),
    number: process.arch === 'arm64' ? 280 : 321,
    gate: new SharedArrayBuffer(4),
    count: threads,
    attributes,
    rounds,
  };
  const ended = Array.from({ length: threads }, () => {
    const worker = new Worker(THREAD, { eval: true, workerData });
    return new Promise<void>((resolve, reject) => {
      worker.once('error', reject);
      worker.once('exit', () => resolve());
    });
  });
  await Promise.all(ended);
  // The contexts were in use until here.
  contexts.length = 0;
}
