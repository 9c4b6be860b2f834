import { textMembers } from '../../runtime/byte-json.ts';
import type { RuntimeMessage } from '../../runtime/engine-ports.ts';

/** A message of a run as one line of JSON, a byte string in UTF-8; see docs/json-output.md. */
export function messageJson({ kind, text }: RuntimeMessage, time: Date): string {
  const line = text.endsWith('\n') ? text.slice(0, -1) : text;
  return `{"kind":"${kind}","time":"${time.toISOString()}",${textMembers(line)}}\n`;
}
