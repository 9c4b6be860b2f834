/** What is printed after the message of a usage error: the pointer to --help, the version text, or nothing. */
export type UsageErrorFollow = 'hint' | 'version' | 'nothing';

/** The command line is wrong. The message is what stderr shows, complete but for the newline; exit status 1. */
export class UsageError extends Error {
  readonly follow: UsageErrorFollow;
  constructor(message: string, follow: UsageErrorFollow = 'nothing') {
    super(message);
    this.follow = follow;
  }
}
