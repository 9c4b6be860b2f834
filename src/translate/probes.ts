import { printExpression } from '../ast/print-expression.ts';
import { isKernelEvent, type ProbeEvent } from '../module/probe-event.ts';
import type { CompiledProbe } from '../module/compiled-module.ts';
import { describePlace } from '../diagnostic/render.ts';
import { pointText } from '../probes/point-text.ts';
import type { DerivedProbe } from '../semantic/program.ts';
import { BodyWriter } from './body-writer.ts';
import { bodiesOf } from './call-graph.ts';
import { functionText } from './functions.ts';
import { lineComment, stringLiteral } from './javascript-text.ts';
import type { ModuleScope } from './module-scope.ts';

/** JavaScript functions of a handler; the first is the handler itself. */
export function handlerFunctions(scope: ModuleScope, probe: DerivedProbe, name: string): readonly string[] {
  const bodies = bodiesOf(probe);
  const size = bodies.reduce((total, { body }) => total + scope.calls.sizeOfStatement(body), 0);
  const counts = !scope.options.suppressTimeLimits;
  const dynamic = counts && (scope.options.unoptimized || !Number.isFinite(size));
  const limit = actionLimit(scope, probe.event);
  const prologue = [
    ...(counts ? [`budget = ${limit};`] : []),
    ...(scope.countsNesting ? ['depth = 0;'] : []),
    // Straight code that could never finish is not begun.
    ...(counts && !dynamic && size > limit ? [`${scope.helper('overrun')}();`] : []),
  ];
  const comment = lineComment(`${pointText(probe.point)}, ${describePlace(probe.token)}`);
  const [only] = bodies;
  if (bodies.length === 1 && only !== undefined)
    return [comment, ...bodyFunction(scope, only, name, dynamic, prologue)];
  const names = bodies.map((_, index) => `${name}_${index}`);
  return [
    comment,
    ...mergedHandler(scope, bodies, name, names, prologue),
    ...bodies.flatMap((body, index) => bodyFunction(scope, body, names[index] ?? name, dynamic, [])),
  ];
}

/** A JavaScript function that evaluates a probe's condition. */
export function conditionFunction(scope: ModuleScope, probe: DerivedProbe, name: string): readonly string[] {
  if (probe.condition === undefined) return [];
  const writer = new BodyWriter(scope, { kind: 'probe' }, false);
  writer.line(`return ${writer.value(probe.condition)};`);
  return functionText(name, [], writer, []);
}

/** What the module says about a probe besides its code. */
export function describeProbe(
  scope: ModuleScope,
  probe: DerivedProbe,
  handler: number,
  condition: number | undefined,
): CompiledProbe {
  return {
    event: probe.event,
    pp: resolvedPoint(scope, probe),
    pn: pointText(probe.scriptPoint),
    probeType: probeType(probe.event),
    location: describePlace(probe.token),
    derivation: probe.chain.slice(1).map((step) => pointText(step.point)),
    synthetic: probe.synthetic,
    handler,
    ...(condition !== undefined && { condition }),
    prints: bodiesOf(probe).some(({ body }) => scope.calls.prints(body)),
    ...(scope.options.kernel?.pausing.has(handler) === true && { pausesKernel: true }),
  };
}

/** Handlers at events of the kernel cannot be interrupted in SystemTap, all others can. */
function actionLimit(scope: ModuleScope, event: ProbeEvent): number {
  const { MAXACTION, MAXACTION_INTERRUPTIBLE } = scope.options.limits;
  return isKernelEvent(event) ? MAXACTION : MAXACTION_INTERRUPTIBLE;
}

function bodyFunction(
  scope: ModuleScope,
  probe: DerivedProbe,
  name: string,
  countsActions: boolean,
  prologue: readonly string[],
): readonly string[] {
  const writer = new BodyWriter(scope, { kind: 'probe' }, countsActions);
  writer.subordinate(probe.body);
  return functionText(name, [], writer, probe.locals, prologue);
}

/**
 * Runs the bodies of merged probes: `next` and errors end only the body at hand, the last error is raised
 * when all have run.
 */
function mergedHandler(
  scope: ModuleScope,
  bodies: readonly DerivedProbe[],
  name: string,
  names: readonly string[],
  prologue: readonly string[],
): readonly string[] {
  const enter = scope.helper('enterBody');
  const bodyError = scope.helper('bodyError');
  const runs = bodies.map((body, index) => {
    const pn = stringLiteral(pointText(body.scriptPoint));
    const reset = scope.countsNesting ? 'depth = 0; ' : '';
    return `  ${reset}${enter}(${pn}); try { ${names[index] ?? name}(); } catch (e) { last = ${bodyError}(e); }`;
  });
  return [
    `function ${name}() {`,
    ...prologue.map((line) => `  ${line}`),
    '  let last;',
    ...runs,
    `  ${scope.helper('raiseLast')}(last);`,
    '}',
  ];
}

/** The point with its condition, in which variables go by their internal names. */
function resolvedPoint(scope: ModuleScope, { point, condition }: DerivedProbe): string {
  if (condition === undefined) return pointText(point);
  const text = printExpression(condition, (leaf) =>
    leaf.kind === 'variable' ? scope.bindings.variable(leaf).mangledName : leaf.name,
  );
  return `${pointText(point)} if (${text})`;
}

function probeType(event: ProbeEvent): string {
  switch (event.family) {
    case 'begin':
    case 'end':
    case 'error':
    case 'never':
      return 'begin_end';
    case 'timer':
      return event.clock === 'hrtimer' ? 'hrtimer' : 'timer';
    case 'profile':
      return 'profile_timer';
    case 'procfs':
      return 'procfs';
    case 'tracepoint':
      return 'tracepoint';
    case 'syscall':
      return event.access === 'enter' ? 'kprobe' : 'kretprobe';
    case 'kernel-function':
      return event.isReturn ? 'kretprobe' : 'kprobe';
    case 'user':
      return event.isReturn ? 'uretprobe' : 'uprobe';
    case 'process':
      return event.what.startsWith('syscall') ? 'utrace_syscall' : 'utrace';
    case 'perf':
      return event.isProfileTimer === true ? 'profile_timer' : 'perf';
  }
}
