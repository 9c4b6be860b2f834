import { readlinkSync } from 'node:fs';
import type { CompileOutcome, ScriptToCompile } from '../dashboard/dashboard-options.ts';
import type { ApiDiagnostic } from '../dashboard/api.ts';
import { compileForReload } from '../session/compile/compile-for-reload.ts';
import type { StapOptions } from '../session/stap-options.ts';
import { parseCommandLine } from './command-line.ts';
import { readRcFile } from './rc-file.ts';
import type { ProgramFacts } from './stap.ts';

const OTHER_PROGRAM = /\.(stapmod|ko)$/;

/**
 * Compiles the script of a running module anew, with the options it was started with. What other users' modules say about
 * themselves is not followed: it could name a file that their users cannot read, and they would be sent its text.
 */
export async function compileAgain(
  program: ProgramFacts,
  { module, options: words, scriptArguments }: ScriptToCompile,
): Promise<CompileOutcome> {
  const { pid, script } = module.entry;
  if (module.uid !== process.geteuid?.())
    return {
      kind: 'impossible',
      text: `The module belongs to user ${module.uid}, and the script is only compiled for modules of one's own; its user can do it with stap-ctl.`,
    };
  if (OTHER_PROGRAM.test(script) || words.some((word) => OTHER_PROGRAM.test(word)))
    return { kind: 'impossible', text: 'The module was started by staprun: its script is not known here.' };
  const rcFile = readRcFile(process.env);
  const commandLine = parseCommandLine([...(rcFile.kind === 'words' ? rcFile.words : []), ...words]);
  if (commandLine.kind !== 'run' || commandLine.options.script === undefined)
    return { kind: 'impossible', text: 'How the module was started is not known.' };
  const placed = placeScript(commandLine.options, script, pid);
  if (placed === undefined)
    return {
      kind: 'impossible',
      text: 'The script came over standard input: there is no file to read again.',
    };
  return compile({ ...placed, scriptArguments, diagnosticsFormat: 'json' }, program);
}

async function compile(options: StapOptions, program: ProgramFacts): Promise<CompileOutcome> {
  let findings = '';
  const streams = {
    out: () => undefined,
    error: (text: string) => (findings += text),
    endSoon: () => undefined,
  };
  const module = await compileForReload(options, { ...program, environment: process.env, streams });
  const { script } = options;
  if (module !== undefined)
    return { kind: 'compiled', module, script: script?.kind === 'file' ? script.path : '<input>' };
  return { kind: 'wrong', diagnostics: findings.split('\n').flatMap(parseFinding) };
}

/** Paths as the module's own process sees them; undefined: what it read cannot be read again. */
function placeScript(options: StapOptions, script: string, pid: number): StapOptions | undefined {
  const directory = workingDirectory(pid);
  const absolute = (path: string): string =>
    path.startsWith('/') || directory === undefined ? path : `${directory}/${path}`;
  const includeDirectories = options.includeDirectories.map(absolute);
  if (options.script?.kind !== 'file') return { ...options, includeDirectories };
  // A reload may have put another file in its place.
  const path = script === '<input>' ? options.script.path : script;
  if (path === '-' || path.startsWith('/dev/') || path.startsWith('/proc/')) return undefined;
  return { ...options, includeDirectories, script: { kind: 'file', path: absolute(path) } };
}

function workingDirectory(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`, { encoding: 'latin1' });
  } catch {
    return undefined;
  }
}

function parseFinding(line: string): ApiDiagnostic[] {
  if (!line.startsWith('{')) return line.trim() === '' ? [] : [{ severity: 'error', message: utf8(line) }];
  const { severity, message, file, line: number, column } = JSON.parse(line) as ApiDiagnostic;
  return [
    {
      severity,
      message: utf8(message),
      ...(file !== undefined && { file: utf8(file) }),
      ...(number !== undefined && { line: number }),
      ...(column !== undefined && { column }),
    },
  ];
}

function utf8(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString();
}
