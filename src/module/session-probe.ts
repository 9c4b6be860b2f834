/**
 * Whether a probe is about the session itself, by its family or its probe point. Pausing a script leaves these alone: one
 * that ends while it is paused still runs its end probes.
 */
export function isAboutSession(familyOrPoint: string): boolean {
  return /^(?:begin|end|error)(?:[( ]|$)/.test(familyOrPoint);
}
