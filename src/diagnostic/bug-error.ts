/** Our own mistake: an invariant of the program does not hold. The text asks the user to report it. */
export class BugError extends Error {
  constructor(message: string) {
    super(`internal error: ${message} (please report this, with the script)`);
    this.name = 'BugError';
  }
}
