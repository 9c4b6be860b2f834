import { isCount, isRecord, type Json } from '../registry/json-checks.ts';
import { parseControlLine } from './control-text.ts';
import type { ControlFailure, ControlRequest, OutputRotationRequest } from './protocol.ts';

/** Longest line of a request other than `reload`, bytes. */
const MAX_PLAIN_REQUEST_BYTES = 64 * 1024;
const MAX_KEYS = 64;
const MAX_ARGUMENTS = 4096;
const MAX_PID = 1 << 22;
const MAX_PATH = 4096;

/** The request that a line holds, or why it is none. Anybody who may connect may send anything. */
export function parseRequest(line: string): ControlRequest | ControlFailure {
  const value = parseControlLine(line);
  if (!isRecord(value)) return badRequest('A request is a JSON object in one line.');
  if (line.length > MAX_PLAIN_REQUEST_BYTES && value['op'] !== 'reload')
    return { ok: false, code: 'too-long', text: 'The request is too long.' };
  const { op } = value;
  if (typeof op !== 'string') return badRequest('A request has a string "op".');
  if (!Object.hasOwn(readers, op)) return badRequest('There is no such request.');
  return readers[op as ControlRequest['op']](value) ?? badRequest(`The request "${op}" lacks something.`);
}

type Readers = { readonly [Op in ControlRequest['op']]: (value: Json) => ControlRequest | undefined };

const readers: Readers = {
  describe: () => ({ op: 'describe' }),
  stop: ({ force = false }) => (typeof force === 'boolean' ? { op: 'stop', force } : undefined),
  attach: readAttach,
  detach: () => ({ op: 'detach' }),
  rotate: () => ({ op: 'rotate' }),
  get: ({ name, keys = [] }) => {
    if (name === undefined) return { op: 'get' };
    return typeof name === 'string' && isTexts(keys, MAX_KEYS) ? { op: 'get', name, keys } : undefined;
  },
  source: () => ({ op: 'source' }),
  watch: ({ output = false, timing = false, fromStart = false }) =>
    typeof output === 'boolean' && typeof timing === 'boolean' && typeof fromStart === 'boolean'
      ? { op: 'watch', output, timing, fromStart }
      : undefined,
  set: ({ name, keys = [], value }) =>
    typeof name === 'string' && isTexts(keys, MAX_KEYS) && typeof value === 'string'
      ? { op: 'set', name, keys, value }
      : undefined,
  switch: ({ probe, on }) =>
    typeof probe === 'string' && typeof on === 'boolean' ? { op: 'switch', probe, on } : undefined,
  reload: ({ module, script, scriptArguments = [] }) =>
    typeof module === 'string' && typeof script === 'string' && isTexts(scriptArguments, MAX_ARGUMENTS)
      ? { op: 'reload', module, script, scriptArguments }
      : undefined,
};

function readAttach({
  pid,
  outputFile,
  hideWarnings = false,
  colors,
}: Json): Extract<ControlRequest, { op: 'attach' }> | undefined {
  if (!isCount(pid, MAX_PID) || typeof hideWarnings !== 'boolean') return undefined;
  if (colors !== undefined && typeof colors !== 'string') return undefined;
  const file = outputFile === undefined ? undefined : readOutputFile(outputFile);
  if (outputFile !== undefined && file === undefined) return undefined;
  return {
    op: 'attach',
    pid,
    hideWarnings,
    ...(file === undefined ? {} : { outputFile: file }),
    ...(colors === undefined ? {} : { colors }),
  };
}

function readOutputFile(
  value: unknown,
): { readonly format: string; readonly rotation?: OutputRotationRequest } | undefined {
  if (!isRecord(value)) return undefined;
  const { format, rotation } = value;
  if (typeof format !== 'string' || !format.startsWith('/') || format.length > MAX_PATH) return undefined;
  if (rotation === undefined) return { format };
  if (!isRecord(rotation)) return undefined;
  const { sizeMb, files } = rotation;
  if (!isCount(sizeMb, 1 << 30) || sizeMb === 0) return undefined;
  if (files === undefined) return { format, rotation: { sizeMb } };
  return isCount(files, 1 << 30) ? { format, rotation: { sizeMb, files } } : undefined;
}

function badRequest(text: string): ControlFailure {
  return { ok: false, code: 'bad-request', text };
}

function isTexts(value: unknown, most: number): value is readonly string[] {
  return Array.isArray(value) && value.length <= most && value.every((item) => typeof item === 'string');
}
