/** Signals that ask a run to end, as SystemTap treats them. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/** What to do at the first signal, at the second and at any later one. */
export interface StopSteps {
  /** Ask for an orderly end. */
  readonly stop: () => void;
  /** Give up waiting: for output nobody reads, for a slow command. */
  readonly hurry: () => void;
  /** Leave at once. */
  readonly abort: () => void;
}

/** Handles stop signals from now on, and SIGUSR2 by `switchOutput`. Returns what takes the handlers away again. */
export function handleSignals(steps: StopSteps, switchOutput: () => void): () => void {
  let received = 0;
  const onStop = (): void => {
    received += 1;
    if (received === 1) steps.stop();
    else if (received === 2) steps.hurry();
    else steps.abort();
  };
  for (const signal of STOP_SIGNALS) process.on(signal, onStop);
  process.on('SIGUSR2', switchOutput);
  return () => {
    for (const signal of STOP_SIGNALS) process.off(signal, onStop);
    process.off('SIGUSR2', switchOutput);
  };
}
