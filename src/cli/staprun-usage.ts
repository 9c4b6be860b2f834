import { shownUsage } from './option-spelling.ts';
import { staprunOptions } from './staprun-options.ts';

/** Column at which the help texts of options start. */
const HELP_COLUMN = 16;

/** What `staprun -h` prints, and what follows an error of its command line. `moduleDirectory`: where names are searched. */
export function staprunUsage(moduleDirectory: string): string {
  const options = staprunOptions().flatMap(({ usage, help }) =>
    help.map((line, index) => (index === 0 ? shownUsage(usage) : '').padEnd(HELP_COLUMN) + line),
  );
  return `
staprun [-v] [-w] [-V] [-h] [-u[PATH]] [-c CMD] [-x PID] [-N PID] [-A|-L|-d] [-C WHEN]
        [-b MB] [-R] [-r N:URI] [-o FILE [-D] [-S SIZE[,N]]] [-T MS] [-M SECONDS] [-i]
        MODULE [NAME=VALUE...]
${options.join('\n')}

MODULE is a file NAME.stapmod (with a '/' in it, or in the working directory),
or the name of a module in this directory:
${moduleDirectory}
NAME=VALUE sets a global variable of the script; see stap(1), -G.
`;
}
