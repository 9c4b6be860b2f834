/** A process that keeps a file or directory of a mount open, or stands in it. */
export interface Holder {
  readonly pid: number;
  /** Name of the command, as in /proc/PID/comm. */
  readonly command: string;
}
