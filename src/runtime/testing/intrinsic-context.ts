import type { ProcessContext, SessionFacts, TextFiles } from '../handler-context.ts';
import { HandlerState } from '../handler-state.ts';
import { intrinsics } from '../intrinsics/table.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import type { Value } from '../value.ts';

/** A handler context for tests that keeps what functions did to it. */
export interface IntrinsicContext {
  readonly state: HandlerState;
  readonly output: string[];
  readonly warnings: string[];
  readonly commands: string[];
  /** Calls of `requestExit` and `switchFile`, in order. */
  readonly requests: string[];
  /** Advances both clocks. */
  readonly passNs: (ns: bigint) => void;
  /** Calls a library function by its name in the table. */
  readonly call: (name: string, ...args: readonly Value[]) => Value | undefined;
}

const PROCESS: ProcessContext = {
  tid: 4242,
  pid: () => 4241,
  ppid: () => 1,
  pgrp: () => 40,
  sid: () => 30,
  uid: () => 1000,
  euid: () => 1001,
  gid: () => 100,
  egid: () => 101,
  execname: () => 'cat',
  pexecname: () => 'bash',
};

/** `files`: texts by path; other files are unreadable. `facts`: what is special about the session. */
export function intrinsicContext(
  files: Readonly<Record<string, string>> = {},
  facts: Partial<SessionFacts> = {},
): IntrinsicContext {
  const output: string[] = [];
  const warnings: string[] = [];
  const commands: string[] = [];
  const requests: string[] = [];
  let nowNs = 1500000000123456789n;
  const reader: TextFiles = { read: (path) => files[path], readLink: () => undefined };
  const state = new HandlerState(
    {
      moduleName: 'stap_1',
      stapPid: 77,
      target: 0,
      scriptArguments: ['one', 'two'],
      clock: {
        realtimeNs: () => nowNs,
        monotonicNs: () => nowNs - 1500000000000000000n,
        wallMinusMonotonicNs: () => 1500000000000000000n,
      },
      limits: DEFAULT_LIMITS,
      files: reader,
      ...facts,
    },
    PROCESS,
    {
      print: (text) => output.push(text),
      warn: (text) => warnings.push(text),
      requestExit: () => requests.push('exit'),
      system: (command) => commands.push(command),
      switchFile: () => requests.push('switch file'),
    },
  );
  return {
    state,
    output,
    warnings,
    commands,
    requests,
    passNs: (ns) => {
      nowNs += ns;
    },
    call: (name, ...args) => {
      const intrinsic = intrinsics.get(name);
      if (intrinsic === undefined) throw new Error(`no function ${name}`);
      return intrinsic(state, ...(args as never[]));
    },
  };
}
