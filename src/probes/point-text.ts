import type { ProbePoint, ProbePointComponent } from '../ast/declaration.ts';
import { printProbePoint } from '../ast/print-script.ts';
import type { Token } from '../source/token.ts';

/** The point as listings show it, without its condition: `timer.ms(16)?`. */
export function pointText({ components, optional, sufficient, token }: ProbePoint): string {
  return printProbePoint({ components, optional, sufficient, token });
}

/** Where messages about a component point: its first token, with the whole name (`a**` is three tokens). */
export function componentToken({ name, token }: ProbePointComponent): Token {
  return token.text === name ? token : { ...token, text: name };
}

/** Where messages about a whole point point: at its first component. */
export function pointToken(point: ProbePoint): Token {
  const first = point.components[0];
  return first === undefined ? point.token : componentToken(first);
}
