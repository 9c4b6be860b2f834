/** A run-time error of the script that is run; `try` catches it. */
export class ScriptFailure extends Error {}

/** abort(): nothing catches it. */
export class Abort extends Error {}

/** The script does more than a test should take; it is given up. */
export class TooLong extends Error {}
