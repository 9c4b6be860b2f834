import { readFileSync } from 'node:fs';

/** Processor and elapsed time of a stage, whole milliseconds. */
export interface StageTime {
  readonly userMs: number;
  readonly systemMs: number;
  readonly realMs: number;
}

/** A running measurement: call it to get the time since it was started. */
export type Stopwatch = () => StageTime;

const KB_PER_PAGE = 4;

/** Starts measuring this process. */
export function startStopwatch(): Stopwatch {
  const usage = process.cpuUsage();
  const start = process.hrtime();
  return () => {
    const { user, system } = process.cpuUsage(usage);
    const [seconds, nanoseconds] = process.hrtime(start);
    return {
      userMs: Math.round(user / 1000),
      systemMs: Math.round(system / 1000),
      realMs: Math.round(seconds * 1000 + nanoseconds / 1e6),
    };
  };
}

/** `in 10usr/0sys/12real ms.` */
export function timeText(time: StageTime): string {
  return `in ${time.userMs}usr/${time.systemMs}sys/${time.realMs}real ms.`;
}

/** `using 1virt/1res/1shr/1data kb, in 10usr/0sys/12real ms.`; the sizes of this process from proc(5), statm. */
export function memoryAndTimeText(time: StageTime): string {
  const pages = readFileSync('/proc/self/statm', 'latin1').split(' ');
  const kb = (column: number): number => Number(pages[column]) * KB_PER_PAGE;
  return `using ${kb(0)}virt/${kb(1)}res/${kb(2)}shr/${kb(5)}data kb, ${timeText(time)}`;
}

/** `1 probe`, `0 probes`: singular only for exactly one. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
