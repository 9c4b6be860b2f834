import type { ProbePoint, ProbePointComponent } from '../ast/declaration.ts';

/** `name`, `name(5)` or `name("text")`: numbers in decimal, strings as they were spelled. */
export function componentText(component: ProbePointComponent): string {
  const { name, argument } = component;
  if (argument === undefined) return name;
  return argument.kind === 'number' ? `${name}(${argument.value})` : `${name}("${argument.raw}")`;
}

/** The point as listings show it, without its condition: `timer.ms(16)?`. */
export function pointText(point: ProbePoint): string {
  return point.components.map(componentText).join('.') + pointMark(point);
}

/** `!` (sufficient), `?` (optional) or nothing. */
export function pointMark(point: ProbePoint): '' | '?' | '!' {
  if (point.sufficient) return '!';
  return point.optional ? '?' : '';
}
