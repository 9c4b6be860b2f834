import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { KernelFeatures } from './features.ts';
import { loadLoaderSystemCalls } from './system-calls.ts';
import type { LoaderSystemCalls } from './system-calls.ts';
import { hasEbpf } from './testing/ebpf-access.ts';

const real = loadLoaderSystemCalls();
const EPERM = 1;

/** The calls of a process without privileges, counted. */
function refused(): { calls: LoaderSystemCalls; count: () => number } {
  let count = 0;
  const bpf = (): number => {
    count++;
    return -EPERM;
  };
  return { calls: { ...real, bpf }, count: () => count };
}

test('without privileges each feature is told missing, with what is needed', () => {
  const { calls } = refused();
  const features = new KernelFeatures(calls);
  for (const feature of ['ring-buffer', 'raw-tracepoint', 'uprobe-multi'] as const) {
    expect(features.missing(feature)).toMatch(/^this kernel .*root or CAP_BPF and CAP_PERFMON$/);
  }
});

test('a feature is tried when it is asked for, and once', () => {
  const { calls, count } = refused();
  const features = new KernelFeatures(calls);
  expect(count()).toBe(0);
  features.missing('ring-buffer');
  const once = count();
  expect(once).toBeGreaterThan(0);
  features.missing('ring-buffer');
  expect(count()).toBe(once);
});

test('BTF is there when its file is', () => {
  const hasFile = existsSync('/sys/kernel/btf/vmlinux');
  expect(new KernelFeatures(real).missing('btf') === undefined).toBe(hasFile);
});

test('typed tracepoints need type information with one to try', () => {
  expect(new KernelFeatures(real).missing('tp-btf')).toMatch(
    /has no type information|its type information names none/,
  );
});

describe.runIf(hasEbpf())('features in the kernel', () => {
  test('raw tracepoints and ring buffers are found', () => {
    const features = new KernelFeatures(real);
    expect(features.missing('raw-tracepoint')).toBeUndefined();
    expect(features.missing('ring-buffer')).toBeUndefined();
  });

  test('probes need their event source', () => {
    const features = new KernelFeatures(real);
    for (const kind of ['kprobe', 'uprobe'] as const) {
      const hasSource = existsSync(`/sys/bus/event_source/devices/${kind}/type`);
      expect(features.missing(kind) === undefined).toBe(hasSource);
    }
  });

  test('types that are none are refused in a sentence', () => {
    const features = new KernelFeatures(real, () => ({ tracepoint: 1, kernelFunction: 1 }));
    expect(features.missing('tp-btf')).toMatch(/^this kernel does not let programs use typed tracepoints: /);
    expect(features.missing('fentry')).toMatch(
      /^this kernel does not let programs probe functions by fentry: /,
    );
  });
});
