import type { CompiledGlobal, CompiledModule, CompiledProbe } from '../../module/compiled-module.ts';
import type { KernelPart } from '../../module/kernel-part.ts';
import type { ProbeEvent } from '../../module/probe-event.ts';
import { limitsFromDefines } from '../limits.ts';

/** A handler: its event, its body in JavaScript, perhaps its condition. */
export interface HandWrittenProbe {
  readonly event: ProbeEvent;
  readonly point: string;
  readonly body: string;
  readonly condition?: string;
}

/** A module as the translator would make it. Bodies see `rt` and what `declarations` declares. */
export function handWrittenModule(
  probes: readonly HandWrittenProbe[],
  extras: {
    readonly defines?: readonly string[];
    readonly globals?: readonly CompiledGlobal[];
    readonly declarations?: string;
    readonly scalars?: string;
    readonly kernel?: KernelPart;
  } = {},
): CompiledModule {
  const conditions = probes.flatMap(({ condition }) => (condition === undefined ? [] : [condition]));
  return {
    formatVersion: 3,
    globals: extras.globals ?? [],
    probes: probes.map((probe, index) => describe(probe, index, conditions)),
    limits: limitsFromDefines(extras.defines ?? []),
    maxNesting: 1,
    suppressTimeLimits: false,
    needs: { regex: false, stdin: false },
    ...(extras.kernel && { kernel: extras.kernel }),
    code: `(rt) => {
      ${extras.declarations ?? ''}
      return {
        handlers: [${probes.map(({ body }) => `() => { ${body} }`).join(', ')}],
        conditions: [${conditions.map((condition) => `() => ${condition}`).join(', ')}],
        scalars: [${extras.scalars ?? ''}],
      };
    }`,
  };
}

function describe(probe: HandWrittenProbe, index: number, conditions: readonly string[]): CompiledProbe {
  return {
    event: probe.event,
    pp: probe.point,
    pn: probe.point,
    probeType: 'test',
    location: `<input>:${index + 1}:1`,
    derivation: [],
    synthetic: false,
    handler: index,
    ...(probe.condition !== undefined && { condition: conditions.indexOf(probe.condition) }),
    prints: true,
  };
}

/** `rt.print(…)` of a text. */
export function printing(text: string): string {
  return `rt.print(${JSON.stringify(text)});`;
}

/** A call that ends the handler with an error. */
export function failing(message: string): string {
  return `rt.intrinsic('error')(rt.context, ${JSON.stringify(message)});`;
}

/** exit() */
export const EXITING = 'rt.context.requestExit();';
