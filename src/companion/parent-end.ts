import type { CompanionRequest, FromCompanion, ToCompanion } from './companion-channel.ts';

/** The companion's end of the channel to the run that started it. */
export class ParentEnd {
  /** What is to be served; undefined when the run ended before it said. */
  readonly request: Promise<CompanionRequest | undefined>;
  /** Settles when the module can be asked: to true; to false when the run ended before that. */
  readonly started: Promise<boolean>;
  /** Settles when the run's process has ended. */
  readonly gone: Promise<void>;

  constructor() {
    const gone = new Promise<void>((resolve) => process.once('disconnect', resolve));
    const request = new Promise<CompanionRequest>((resolve) => {
      process.on('message', (message: ToCompanion) => {
        if (message.kind === 'serve') resolve(message.request);
      });
    });
    const started = new Promise<boolean>((resolve) => {
      process.on('message', (message: ToCompanion) => {
        if (message.kind === 'started') resolve(true);
      });
    });
    this.gone = gone;
    this.request = Promise.race([request, gone.then(() => undefined)]);
    this.started = Promise.race([started, gone.then(() => false)]);
  }

  /** Settles when it is on its way, or there is nobody to tell. */
  send(message: FromCompanion): Promise<void> {
    return new Promise((resolve) => {
      if (process.connected && process.send !== undefined)
        process.send(message, undefined, undefined, () => resolve());
      else resolve();
    });
  }
}
