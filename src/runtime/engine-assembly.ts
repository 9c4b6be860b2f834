import type { CompiledModule } from '../module/compiled-module.ts';
import { EngineMessages } from './engine-messages.ts';
import type { EngineOptions, EnginePorts } from './engine-ports.ts';
import type { CodeFactory, GeneratedCode } from './generated-code.ts';
import type { GlobalStore } from './global-store.ts';
import type { SessionFacts } from './handler-context.ts';
import type { HandlerState } from './handler-state.ts';
import { KernelGlobals } from './kernel-globals.ts';
import type { KernelPause } from './kernel-pause.ts';
import { createGeneratedRuntime } from './runtime-for-code.ts';

type Read = Parameters<NonNullable<SessionFacts['readMemory']>>;

/** What stays the same for a whole run, for library functions. */
export function sessionFacts(
  module: CompiledModule,
  ports: EnginePorts,
  options: EngineOptions,
): SessionFacts {
  const { moduleName, stapPid, target, scriptArguments } = options;
  const { clock, files, symbols, kernelProbes } = ports;
  const readMemory = kernelProbes && ((...read: Read) => kernelProbes.readMemory(...read));
  const { limits } = module;
  return { moduleName, stapPid, target, scriptArguments, clock, limits, files, symbols, readMemory };
}

/** The globals that live in the kernel; undefined when there are none, or no kernel. */
export function kernelGlobals(
  { kernel }: CompiledModule,
  { kernelProbes }: EnginePorts,
  pause: KernelPause,
): KernelGlobals | undefined {
  const maps = kernelProbes?.maps;
  return kernel === undefined || maps === undefined || kernel.globals.length === 0
    ? undefined
    : new KernelGlobals(kernel, maps, pause);
}

/** How a run of the module reports. */
export function newMessages(
  module: CompiledModule,
  ports: EnginePorts,
  options: EngineOptions,
): EngineMessages {
  return new EngineMessages({
    send: ports.message,
    suppressHandlerErrors: options.suppressHandlerErrors,
    maxErrors: module.limits.MAXERRORS,
    maxSkipped: module.limits.MAXSKIPPED,
    maxStringLength: module.limits.MAXSTRINGLEN,
  });
}

/** The code of a module, joined to its globals. */
export function loadCode(
  module: CompiledModule,
  { evaluate, intrinsics, compileRegex }: EnginePorts,
  context: HandlerState,
  globals: GlobalStore,
): GeneratedCode {
  // Only code that our own translator wrote is evaluated here.
  const factory = evaluate(module.code) as CodeFactory;
  const code = factory(createGeneratedRuntime(module, context, globals, intrinsics, compileRegex));
  globals.attachScalars(code.scalars);
  return code;
}
