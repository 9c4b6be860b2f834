import { HandlerAbort, ScriptError } from './handler-context.ts';

/**
 * Adds the frame a failure unwinds through and returns what to throw on. Failures of the host that a script can
 * cause (its recursion is too deep for our stack) become errors of the script; our own bugs pass unchanged.
 */
export function addFrame(thrown: unknown, statement: string): unknown {
  const failure = asScriptFailure(thrown);
  if (failure instanceof ScriptError && statement !== '') failure.trace.push(statement);
  return failure;
}

/** The error text a `catch` gets; throws on what cannot be caught. */
export function caughtText(thrown: unknown): string {
  const failure = asScriptFailure(thrown);
  if (failure instanceof ScriptError && failure.catchable) return failure.message;
  throw failure;
}

/** An error of the script or an abort; anything else is a bug of ours and comes back as it is. */
export function asScriptFailure(thrown: unknown): unknown {
  if (thrown instanceof ScriptError || thrown instanceof HandlerAbort) return thrown;
  if (thrown instanceof RangeError && thrown.message.includes('call stack'))
    return new ScriptError('MAXNESTING exceeded');
  return thrown;
}

/**
 * The report of an uncaught error, `MSG near TOKEN (called from TOKEN)… in probe POINT`, without prefix. The
 * location is left out when no statement is known; the whole is cut to the length of a script string.
 */
export function handlerErrorText(error: ScriptError, probePoint: string, maxStringLength: number): string {
  const [innermost, ...callers] = error.trace;
  let text = error.message;
  if (innermost !== undefined) {
    const calls = callers.map((statement) => ` (called from ${statement})`).join('');
    text += ` near ${innermost}${calls} in probe ${probePoint}`;
  }
  return text.slice(0, maxStringLength - 1);
}
