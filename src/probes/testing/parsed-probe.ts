import type { ProbeDeclaration, ProbePoint } from '../../ast/declaration.ts';
import { parseOptions } from '../../parse/parse-options.ts';
import { parseScript } from '../../parse/parse-script.ts';

/** The probe that a text is, `probe begin { x = $arg1 }`, parsed as of a script named `input`. */
export function parsedProbe(text: string): ProbeDeclaration {
  const source = { name: 'input', text, origin: 'script' } as const;
  const script = parseScript(source, parseOptions({ privileged: true }), { report: () => undefined });
  const probe = script?.probes[0];
  if (probe === undefined) throw new Error(`${text} does not parse`);
  return probe;
}

/** The point of `probe POINT { }`. */
export function parsedPoint(text: string): ProbePoint {
  const [point] = parsedProbe(`probe ${text} { }`).points;
  if (point === undefined) throw new Error(`${text} has no point`);
  return point;
}
