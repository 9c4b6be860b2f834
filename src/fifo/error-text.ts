import { getSystemErrorMap } from 'node:util';

/** What strerror(3) says, nearly: Node's words begin with a small letter. */
export function errorText(error: number): string {
  const text = getSystemErrorMap().get(-error)?.[1] ?? `error ${error}`;
  return text.charAt(0).toUpperCase() + text.slice(1);
}
