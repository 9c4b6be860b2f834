/** Limits of "RESOURCE LIMITS" in stap(1); names and defaults as there. Set with `-DNAME=VALUE`. */
export interface Limits {
  /** Bytes of a string including the terminating NUL. */
  readonly MAXSTRINGLEN: number;
  readonly MAXACTION: number;
  readonly MAXACTION_INTERRUPTIBLE: number;
  /** undefined: computed from the call chains of the script. */
  readonly MAXNESTING: number | undefined;
  readonly MAXMAPENTRIES: number;
  readonly MAXERRORS: number;
  readonly MAXSKIPPED: number;
  readonly STP_PROCFS_BUFSIZE: number;
  readonly STP_BUFFER_SIZE: number;
  readonly HIST_WIDTH: number;
  readonly HIST_ELISION: number;
}
