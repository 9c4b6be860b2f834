import type { HandlerContext } from '../handler-context.ts';

/** Text of /proc/PID/NAME, undefined when there is no such process or it may not be read. */
export function readProc(context: HandlerContext, pid: number | bigint, name: string): string | undefined {
  return context.session.files?.read(`/proc/${pid}/${name}`);
}

/** Items of /proc/PID/cmdline or environ: each ends with a NUL. */
export function readProcList(context: HandlerContext, pid: number, name: string): readonly string[] {
  const text = readProc(context, pid, name) ?? '';
  return text === '' ? [] : text.replace(/\0$/, '').split('\0');
}

/**
 * Fields of /proc/PID/stat by their number in proc(5), from 3 (state) on; the second, the name in parentheses,
 * may hold blanks and parentheses itself and is left out.
 */
export function readProcStat(
  context: HandlerContext,
  pid: number | bigint,
): { field(number: number): number; readonly state: string } | undefined {
  const text = readProc(context, pid, 'stat');
  if (text === undefined) return undefined;
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .trim()
    .split(' ');
  return { field: (number) => Number(fields[number - 3] ?? 0), state: fields[0] ?? '' };
}

/** Value of a `Name:` line of /proc/PID/status, blanks around it removed. */
export function readProcStatus(
  context: HandlerContext,
  pid: number | bigint,
  name: string,
): string | undefined {
  const text = readProc(context, pid, 'status') ?? '';
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${name}:`));
  return line?.slice(name.length + 1).trim();
}
