import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ProbeEnvironment } from '../probes/kernel-facts.ts';
import { unknownEnvironment } from '../probes/unknown-kernel.ts';
import { compileText } from '../semantic/testing/compile-text.ts';
import { runningKernel } from '../symbols/running-kernel.ts';
import { documentFile } from './documentation.ts';

const FOLDER = new URL('../../tapset/', import.meta.url);
const FILES = readdirSync(FOLDER)
  .filter((name) => /\.stpm?$/.test(name))
  .map((name) => ({ path: `/tapset/${name}`, text: readFileSync(new URL(name, FOLDER), 'latin1') }));

/** Aliases of kernel probes; those of system calls have tests of their own. */
const ALIASES = FILES.filter(({ path }) => !/syscall|aux_sys/.test(path)).flatMap(({ path, text }) =>
  documentFile(path, text)
    .entries.filter(({ kind }) => kind === 'alias')
    .map((entry) => ({ ...entry, path })),
);

const KERNEL = runningKernel();
/** This kernel as it would be if its functions could be probed, which is not tried here. */
const ENVIRONMENT: ProbeEnvironment = {
  ...unknownEnvironment(''),
  kernel: {
    release: KERNEL.release,
    problem: () => KERNEL.problem(),
    tracepoints: () => KERNEL.tracepoints(),
    tracepointParameters: (name) => KERNEL.tracepointParameters(name),
    functionNames: () => KERNEL.functionNames(),
    functionFacts: (name) => KERNEL.functionFacts(name),
    type: (name) => KERNEL.type(name),
    enumerator: (name) => KERNEL.enumerator(name),
    functionProbes: () => ({ by: 'fentry' }),
    processors: KERNEL.processors,
    hz: KERNEL.hz,
  },
};

/** Probes of what only some kernels have. */
const ELSEWHERE = ['ioblock_trace.bounce', 'signal.send_sig_queue', 'signal.send_sig_queue.return', 'vm.write_shared_copy'];

describe.runIf(KERNEL.problem() === undefined)('aliases with the types of this kernel', () => {
  it.each(ALIASES)('$name', ({ name, text }) => {
    const variables = [...(/Variables: (.*)$/.exec(text)?.[1] ?? '').matchAll(/`(\w+)`/g)].map((match) => match[1]);
    const script = `probe ${name} { println(${['0', ...variables].join(', ')}) }`;
    const { messages } = compileText(script, { unoptimized: true }, FILES, ENVIRONMENT);
    // What they are about may have another name in this kernel, or be gone.
    if (!ELSEWHERE.includes(name) || !messages.includes('no match')) expect(messages).toBe('');
  });
});
