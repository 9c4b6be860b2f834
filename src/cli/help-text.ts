import { shownUsage } from './option-spelling.ts';
import { stapOptions } from './option-table.ts';
import { versionText } from './version-text.ts';

/** Column at which help texts start; longer spellings get a line of their own. */
const HELP_COLUMN = 14;

const USAGE = `
Usage: stap [options] FILE [arguments]        Run the script in FILE.
   or: stap [options] - [arguments]           Run the script on standard input.
   or: stap [options] -e SCRIPT [arguments]   Run SCRIPT.
   or: stap [options] -l PROBE                List matching probe points.
   or: stap [options] -L PROBE                List matching probe points and their variables.
   or: stap [options] --dump-probe-types      List the kinds of probe points.
   or: stap [options] --dump-probe-aliases    List the probe aliases of the library.
   or: stap [options] --dump-functions        List the functions of the library.
   or: stap [options] --dashboard             Serve a page, or --metrics, for all modules that run.
`;

const FILES = `
Files: probe procfs("NAME").read and .write make the file ROOT/MODULE/NAME. ROOT is what --procfs-root or
   STAP_PROCFS_ROOT say, otherwise /run/systemtap for root and $XDG_RUNTIME_DIR/systemtap for other users.
   Where FUSE cannot be used they are FIFOs, by default below /var/tmp/systemtap-USER.
`;

/** What `stap --help` prints. `rcPath` is the file whose options are read before those of the command line. */
export function helpText(ownVersion: string, rcPath: string): string {
  const lines = [`Options (in ${rcPath} and on the command line):`];
  lines.push(...helpEntry('--', ['end of options, script arguments follow']));
  for (const entry of stapOptions())
    if (entry.help.length > 0) lines.push(...helpEntry(shownUsage(entry.usage), entry.help));
  return `${versionText(ownVersion)}${USAGE}\n${lines.join('\n')}\n${FILES}\n`;
}

function helpEntry(usage: string, help: readonly string[]): readonly string[] {
  const indent = ' '.repeat(HELP_COLUMN);
  const head = `   ${usage}`;
  const [first = '', ...rest] = help;
  const more = rest.map((line) => indent + line);
  if (head.length < HELP_COLUMN - 1) return [head.padEnd(HELP_COLUMN) + first, ...more];
  return [head, indent + first, ...more];
}
