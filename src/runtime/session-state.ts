/**
 * Session states of SystemTap's run time, and FROZEN: the content is on its way to another process, no handler runs and
 * who wants one waits.
 */
export type SessionState =
  'UNINITIALIZED' | 'STARTING' | 'RUNNING' | 'FROZEN' | 'ERROR' | 'STOPPING' | 'STOPPED';
