/** Signals that ask a run to end, as SystemTap treats them. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGXCPU'] as const;

/** What to do at signals. */
export interface SignalSteps {
  /** The first stop signal: ask for an orderly end. */
  readonly stop: () => void;
  /** The second one: give up waiting, for output nobody reads, for a slow command. */
  readonly hurry: () => void;
  /** Any later one: leave at once. */
  readonly abort: () => void;
  /** SIGQUIT: leave the module running by itself. */
  readonly detach: () => void;
  /** SIGUSR2: go on in the next output file. */
  readonly rotate: () => void;
}

/**
 * Handles signals from now on, in place of whoever did before (the loader, which ends the process). Returns what makes
 * them do nothing: the run is over and its status decided.
 */
export function handleSignals(steps: SignalSteps): () => void {
  let received = 0;
  let isOver = false;
  const onStop = (): void => {
    received += 1;
    if (received === 1) steps.stop();
    else if (received === 2) steps.hurry();
    else steps.abort();
  };
  const handle = (signal: NodeJS.Signals, action: () => void): void => {
    replaceListeners(signal, () => {
      if (!isOver) action();
    });
  };
  for (const signal of STOP_SIGNALS) handle(signal, onStop);
  handle('SIGQUIT', steps.detach);
  handle('SIGUSR2', steps.rotate);
  return () => {
    isOver = true;
  };
}

/** The new one comes first: without any listener a signal would end the process, or one that waits would be lost. */
function replaceListeners(signal: NodeJS.Signals, listener: () => void): void {
  const previous = process.listeners(signal);
  process.on(signal, listener);
  for (const old of previous) process.off(signal, old);
}

/**
 * Runs something that may wait long without the event loop (reading a script from a terminal, writing to a pipe that
 * nobody reads): signals end the process meanwhile as they end any other program, because nobody could answer them.
 */
export function withDefaultSignals<Result>(work: () => Result): Result {
  const handled = STOP_SIGNALS.map((signal) => ({ signal, listeners: process.listeners(signal) }));
  for (const { signal, listeners } of handled)
    for (const listener of listeners) process.off(signal, listener);
  try {
    return work();
  } finally {
    for (const { signal, listeners } of handled)
      for (const listener of listeners) process.on(signal, listener);
  }
}
