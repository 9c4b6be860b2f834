/**
 * Absolute path of the working directory. Where it is gone (a shell that stands in the directory of an ended module) a
 * path that leads nowhere: whoever uses it gets an ordinary error, everybody else is not disturbed.
 */
export function workingDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return '/proc/self/cwd';
  }
}
