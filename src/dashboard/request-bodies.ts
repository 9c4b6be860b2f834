import { WebProblem } from '../web/route.ts';
import type { ApiAssignment } from './api.ts';

/** Keys of one element of an array. */
const MAX_KEYS = 64;

/** The body of an assignment. @throws {WebProblem} 400 */
export function assignmentOf(body: unknown): ApiAssignment {
  const value = own(body, 'value');
  const keys = own(body, 'keys');
  if (typeof value !== 'string') throw wrong('"value" must be a text');
  if (keys === undefined) return { value };
  if (!Array.isArray(keys) || keys.length > MAX_KEYS || !keys.every((key) => typeof key === 'string'))
    throw wrong(`"keys" must be an array of at most ${MAX_KEYS} texts`);
  return { value, keys };
}

/** The body of a switch. @throws {WebProblem} 400 */
export function switchOf(body: unknown): { readonly on: boolean } {
  const on = own(body, 'on');
  if (typeof on !== 'boolean') throw wrong('"on" must be true or false');
  return { on };
}

function own(body: unknown, name: string): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw wrong('The body must be an object');
  return Object.hasOwn(body, name) ? (body as Readonly<Record<string, unknown>>)[name] : undefined;
}

function wrong(message: string): WebProblem {
  return new WebProblem(400, 'bad-request', message);
}
