/** Something in a handler has no form for the kernel. The message tells what, as `calls sprintf` after the handler. */
export class CannotLower extends Error {}

/** Gives up on the handler at hand. */
export function refuse(what: string): never {
  throw new CannotLower(what);
}
