import { ControlError } from '../control/control-client.ts';
import type { ControlFailure, ControlReply } from '../control/protocol.ts';
import { textOfBytes } from '../monitor/byte-text.ts';
import { WebProblem } from '../web/route.ts';

/** The problem of a module that could not be asked; another error is returned as it is. */
export function askingProblem(error: unknown): unknown {
  if (!(error instanceof ControlError)) return error;
  const { code, message } = error;
  switch (code) {
    case 'not-running':
    case 'closed':
      return new WebProblem(410, 'ended', 'The module has ended');
    case 'denied':
      return new WebProblem(403, 'denied', message);
    case 'no-answer':
      return new WebProblem(504, 'no-answer', message);
  }
}

/** A positive answer. @throws {WebProblem} for a refusal */
export function granted(reply: ControlReply): Extract<ControlReply, { ok: true }> {
  if (reply.ok) return reply;
  throw new WebProblem(STATUS_OF_FAILURE[reply.code], reply.code, textOfBytes(reply.text));
}

const STATUS_OF_FAILURE: Readonly<Record<ControlFailure['code'], number>> = {
  'bad-request': 400,
  'too-long': 413,
  busy: 503,
  'in-use': 409,
  attached: 409,
  'not-attached': 409,
  'unknown-global': 404,
  'unknown-probe': 404,
  'bad-value': 400,
  'not-possible': 409,
  ending: 410,
};
