import { compileText, SMALL_LIBRARY } from '../../../semantic/testing/compile-text.ts';
import type { Bindings, CheckedProgram, DerivedProbe } from '../../../semantic/program.ts';
import { helperWord, type EventSource } from '../event-source.ts';

const EVENT_LIBRARY = `function event_word:long (name:string) %{ /* pure */ /* stable */ intrinsic event_word %}
function kernel_read:long (address:long, size:long, signed:long) %{ /* pure */ intrinsic kernel_read %}
function user_read:long (address:long, size:long, signed:long) %{ /* pure */ intrinsic user_read %}
function kernel_read_string:string (address:long, max:long) %{ /* pure */ intrinsic kernel_read_string %}
function user_read_string:string (address:long, max:long) %{ /* pure */ intrinsic user_read_string %}
function kernel_read_bytes:string (address:long, size:long) %{ /* pure */ intrinsic kernel_read_bytes %}
function max_string_length:long () %{ /* pure */ /* stable */ intrinsic max_string_length %}
function kernel_stack:string () %{ /* pure */ intrinsic kernel_stack %}
function tid:long () %{ /* pure */ /* stable */ intrinsic tid %}
function uid:long () %{ /* pure */ /* stable */ intrinsic uid %}
function target:long () %{ /* pure */ /* stable */ intrinsic target %}
function gettimeofday_us:long () %{ /* pure */ intrinsic gettimeofday_us %}
function execname:string () %{ /* pure */ /* stable */ intrinsic execname %}`;

/** Words of a tracepoint. */
export const TRACEPOINT: EventSource = {
  word: (name) => {
    const [, index] = /^argument:(\d+)$/.exec(name) ?? [];
    return index === undefined ? helperWord(name) : { kind: 'argument', index: Number(index) };
  },
};

/**
 * A script that may use event functions, as pass 2 leaves it without optimisation; probes of `timer.jiffies(N)` are of
 * tracepoints instead.
 */
export function compileEventScript(script: string): CheckedProgram {
  const library = [...SMALL_LIBRARY, { path: '/tapset/event.stp', text: EVENT_LIBRARY }];
  const { program, messages } = compileText(script, { unoptimized: true }, library);
  if (program === undefined) throw new Error(messages);
  const probes = program.probes.map((probe): DerivedProbe => {
    const { event } = probe;
    if (event.family !== 'timer' || event.clock !== 'jiffies') return probe;
    return { ...probe, event: { family: 'tracepoint', name: 'fixture' } };
  });
  return { ...program, probes };
}

/** The first probe of a script that may use event functions, as pass 2 leaves it without optimisation. */
export function compileHandler(script: string): {
  readonly probe: DerivedProbe;
  readonly bindings: Bindings;
} {
  const { probes, bindings } = compileEventScript(script);
  const [probe] = probes;
  if (probe === undefined) throw new Error('no probe');
  return { probe, bindings };
}
