import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../runtime/limits.ts';
import type { CheckedProgram } from '../../semantic/program.ts';
import { placeHandlers, type Placed } from './placement.ts';
import { probeSites } from './probe-sites.ts';
import { compileEventScript } from './testing/compile-handler.ts';
import { statementsText } from './testing/print-ir.ts';
import { TASK_ENVIRONMENT } from './testing/task-structure.ts';

function place(script: string): Placed {
  return placeProgram(compileEventScript(script.replaceAll('probe event', 'probe timer.jiffies(1)')));
}

function placeProgram(program: CheckedProgram): Placed {
  const places = program.probes.flatMap(({ event }, probe) =>
    event.family === 'tracepoint'
      ? probeSites(event, {
          environment: TASK_ENVIRONMENT,
          architecture: 'x86_64',
          inodeOf: () => undefined,
        }).map((site) => ({ probe, place: site }))
      : [],
  );
  return placeHandlers(program, places, {
    limits: DEFAULT_LIMITS,
    mode: 'auto',
    firstScalar: 0,
    excluded: new Map(),
  });
}

/** Each handler of an event: its statements in the kernel, or why it is deferred. */
function placed(script: string): readonly string[] {
  const { placements, handlers } = place(script);
  const inKernel = [...handlers.values()].map(({ statements }) => statementsText(statements));
  return Object.values(placements).map((placement) =>
    placement.where === 'kernel' ? (inKernel.shift() ?? '') : `deferred: ${placement.reason}`,
  );
}

const body = (text: string, rest = ''): string | undefined => placed(`probe event { ${text} } ${rest}`)[0];

describe('handlers in the kernel', () => {
  it('count and aggregate', () => {
    expect(body('n++; n += pid(); n -= 2', 'global n')).toBe('cell0 += 1; cell0 += pid; cell0 += -2');
    expect(body('a[execname(), pid()]++', 'global a')).toBe('array0[execname, pid] += 1');
    expect(
      body('s <<< pid(); t[pid()] <<< 5', 'global s, t probe end { print(@count(s), @sum(t[1])) }'),
    ).toBe('array0[] <<< pid; array1[pid] <<< 5');
  });

  it('decide, and leave early', () => {
    expect(body('if (pid() != target()) next; n++', 'global n')).toBe(
      'if (pid != cell32) {  } else { cell0 += 1 }',
    );
    expect(body('if (execname() == "cat") n++; else m++', 'global n, m')).toBe(
      'if (execname == "cat") { cell0 += 1 } else { cell8 += 1 }',
    );
    expect(body('if (pid() && m++ > 0) n++', 'global n, m')).toMatch(/^deferred: reads and changes m/);
  });

  it('have locals', () => {
    expect(body('x = tid(); y = pid() * 2; n += x + y', 'global n')).toBe(
      'x0 = (pid * 2); cell0 += (tid + x0)',
    );
    expect(body('if (pid()) x = 1; n += x', 'global n')).toBe('x0 = 0; if pid { x0 = 1 }; cell0 += x0');
    expect(body('x = 5; y = x++ + x; n += y', 'global n')).toBe(
      'x0 = 0; x0 = 5; x1 = x0; x0 = (x1 + 1); x2 = (x1 + x0); cell0 += x2',
    );
  });

  it('have functions of the script written out', () => {
    const larger = 'function larger(a, b) { if (a > b) return a; return b }';
    expect(body('n += larger(pid(), uid())', `global n ${larger}`)).toBe(
      'x0 = 0; if (pid > uid) { x0 = pid } else { x0 = uid }; cell0 += x0',
    );
    expect(body('n += twice(pid())', 'global n function twice(a) { return a * 2 }')).toBe(
      'cell0 += (pid * 2)',
    );
    const recursive = 'function f(a) { return a ? f(a - 1) : 0 }';
    expect(body('n += f(3)', `global n ${recursive}`)).toBe('deferred: calls f, which calls itself');
  });

  it('remember by thread', () => {
    const script = `global start, times
      probe event { start[tid()] = gettimeofday_us() }
      probe event { if (tid() in start) { times <<< gettimeofday_us() - start[tid()]; delete start[tid()] } }
      probe timer.s(1) { print(@avg(times)) }`;
    expect(placed(script)).toEqual([
      'x0 = (realtime-ns / 1000); array0[tid] = x0',
      'if [tid] in array0 { array1[] <<< ((realtime-ns / 1000) - array0[tid]); delete array0[tid] }',
    ]);
    expect(placed(script.replaceAll('tid()', 'pid()'))[0]).toMatch('reads and changes start, as others may');
    expect(placed(`${script} probe end { foreach (t in start) print(t) }`)[1]).toMatch(/^if/);
    expect(placed(`${script} probe timer.s(2) { foreach (t in start) print(t) }`)[0]).toBe(
      'deferred: uses start by thread, which other handlers use as well',
    );
  });

  it('read what others write', () => {
    const script =
      'global bound, n probe event { if (pid() > bound) n++ } probe timer.s(1) { bound = n; n = 0 }';
    expect(placed(script)).toEqual(['if (pid > cell0) { cell8 += 1 }']);
    expect([...place(script).pausing]).toEqual([1]);
    expect(placed(`${script} probe event { bound = strtol("1", 2) }`)).toEqual([
      'deferred: reads bound, which a handler changes that cannot run in the kernel',
      'deferred: calls strtol',
    ]);
  });

  it('print, and end the script', () => {
    const { tables } = place(
      'probe event { printf("%s %5d\\n", execname(), pid()); println(1, "x"); exit() }',
    );
    expect(tables.prints.map((print) => print.arguments)).toEqual([
      ['string', 'long'],
      ['long', 'string'],
    ]);
    expect(body('printd(",", pid(), 2); exit()')).toBe('print0(pid, 2); x0 = 1; if x0 { exit }');
    expect(body('error("no " )')).toBe('fail0("no ")');
  });

  it('go in circles', () => {
    expect(body('for (i = 0; i < 8; i++) { if (i == pid()) break; n += i }', 'global n')).toBe(
      'x0 = 0; x0 = 0; loop (x0 < 8) { if (x0 == pid) { break }; cell0 += x0 | x0 = (x0 + 1) }',
    );
    expect(body('for (i = 0; i < 8; i++) for (j = 0; j < 8; j++) n++', 'global n')).toBe(
      'deferred: has a loop within a loop',
    );
  });

  it('of one point follow each other, unless one may fail', () => {
    const merged = (body: string): Placed => {
      const script = `global n, m probe timer.jiffies(1) { ${body} } probe timer.jiffies(1) { m++ }`;
      const program = compileEventScript(script);
      const [first, second] = program.probes;
      if (first === undefined || second === undefined) throw new Error('no probes');
      return placeProgram({ ...program, probes: [{ ...first, merged: [second] }] });
    };
    const [handler] = merged('if (pid() == 1) next; n++').handlers.values();
    expect(statementsText(handler?.statements ?? [])).toBe(
      'if (pid == 1) {  } else { cell0 += 1 }; cell8 += 1',
    );
    expect(merged('n += 1 / pid()').placements).toEqual({
      0: { where: 'deferred', reason: 'may fail before another handler of the same point' },
    });
  });

  it('are deferred for the rest', () => {
    expect(body('print(sprintf("%d", pid()))')).toBe('deferred: calls sprintf');
    expect(body('t = execname() . "x"; print(t)')).toBe('deferred: joins strings');
    expect(body('a[pid()] = 1', 'global a%')).toBe(
      'deferred: uses a, whose first element gives way when it is full (%)',
    );
    expect(body('try { n++ } catch { }', 'global n')).toBe('deferred: handles errors (try)');
    expect(body('s <<< pid()', 'global s probe end { print(@variance(s)) }')).toBe(
      'deferred: adds to s, of which the variance is wanted',
    );
    expect(body('t = execname()', 'global t')).toBe('deferred: assigns to the string t');
  });

  it('are deferred with those that use the same otherwise', () => {
    expect(placed('global n probe event { n++ } probe event { print(sprintf("%d", n)) }')).toEqual([
      'deferred: uses n as a handler does that cannot run in the kernel',
      'deferred: calls sprintf',
    ]);
    expect(placed('global n probe event { n++ } probe event { n++; print(sprintf("")) }')[0]).toBe(
      'cell0 += 1',
    );
  });

  it('report errors at their statement', () => {
    const { tables } = place('global n probe event {\n n += 10 / pid() + kernel_read(pid(), 4, 0) }');
    const [zero, fault] = tables.errors;
    expect(zero).toMatchObject({
      parts: [{ text: 'division by 0' }],
      statement: "operator '/' at <input>:2:10",
    });
    expect(fault?.statement).toMatch(/^identifier 'kernel_read' at .*called from .*<input>:2:20\)$/);
  });
});
