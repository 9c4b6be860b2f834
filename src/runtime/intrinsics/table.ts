import type { Intrinsic } from '../handler-context.ts';
import type { IntrinsicTable } from '../intrinsic-table.ts';
import { addressNameFunctions } from './address-names.ts';
import { errorNameFunctions } from './error-names.ts';
import { eventFunctions } from './event.ts';
import { flagNameFunctions } from './flag-names.ts';
import { floatingPointFunctions } from './floating-point.ts';
import { kernelNameFunctions } from './kernel-names.ts';
import { messageFunctions } from './messages.ts';
import { processContextFunctions } from './process-context.ts';
import { procfsValueFunctions } from './procfs-value.ts';
import { randomFunctions } from './random.ts';
import { regexMatchFunctions } from './regex-match.ts';
import { signalNameFunctions } from './signal-names.ts';
import { socketNameFunctions } from './socket-names.ts';
import { speculationFunctions } from './speculation.ts';
import { stringFunctions } from './strings.ts';
import { syscallNameFunctions } from './syscall-names.ts';
import { taskFunctions } from './task.ts';
import { textEscapeFunctions } from './text-escape.ts';
import { timeFunctions } from './time.ts';

/** All library functions written in TypeScript. A name in two families would hide one, which a test excludes. */
export const intrinsicFamilies: readonly Readonly<Record<string, Intrinsic>>[] = [
  stringFunctions,
  textEscapeFunctions,
  regexMatchFunctions,
  messageFunctions,
  speculationFunctions,
  timeFunctions,
  processContextFunctions,
  taskFunctions,
  errorNameFunctions,
  signalNameFunctions,
  randomFunctions,
  procfsValueFunctions,
  floatingPointFunctions,
  eventFunctions,
  addressNameFunctions,
  syscallNameFunctions,
  flagNameFunctions,
  socketNameFunctions,
  kernelNameFunctions,
];

/** Library functions by the name a tapset file gives after `intrinsic`. */
export const intrinsics: IntrinsicTable = new Map(
  intrinsicFamilies.flatMap((family) => Object.entries(family)),
);
