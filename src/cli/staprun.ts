import { colorize, parseColors, type Colors } from '../diagnostic/colors.ts';
import { isTerminal } from '../session/ports/is-terminal.ts';
import {
  findModuleFile,
  insertErrorText,
  moduleDirectory,
  parameterProblem,
} from '../session/module-argument.ts';
import { renamedForProcess } from '../session/module-name.ts';
import { moduleRoot } from '../session/files/module-root.ts';
import { workingDirectory } from '../session/ports/working-directory.ts';
import type { RunOptions, RunRequest } from '../session/run/run-setup.ts';
import {
  OutputClosedError,
  standardStreams,
  type StandardStreams,
} from '../session/ports/standard-streams.ts';
import type { Assignment, ColorChoice, StapOptions } from '../session/stap-options.ts';
import type { Stapmod } from '../stapmod/stapmod.ts';
import { moduleUser } from '../stapmod/trusted-file.ts';
import { argumentBytes } from './argument-bytes.ts';
import { moduleNameOf, parseStaprunCommandLine, type StaprunOptions } from './staprun-options.ts';
import { staprunUsage } from './staprun-usage.ts';
import type { ProgramFacts } from './stap.ts';

const STDERR = 2;
const MS_PER_SECOND = 1000;
/** Module option that SystemTap's staprun makes of -b. */
const BUFFER_SIZE_OPTION = '_stp_bufsize';

const tooShort = (name: string): string =>
  `Old module name '${name}' is too short for renaming, ignoring -R.`;

/** The command staprun: `words` without the program name, as Node gives them. Resolves to the exit status. */
export async function staprun(words: readonly string[], program: ProgramFacts): Promise<number> {
  const streams = standardStreams();
  try {
    return await runCommand(words, program, streams);
  } catch (error) {
    if (error instanceof OutputClosedError) return 1;
    throw error;
  }
}

async function runCommand(
  words: readonly string[],
  program: ProgramFacts,
  streams: StandardStreams,
): Promise<number> {
  const commandLine = parseStaprunCommandLine(
    argumentBytes(words),
    process.env['POSIXLY_CORRECT'] === undefined,
  );
  switch (commandLine.kind) {
    case 'help':
      streams.out(staprunUsage(moduleDirectory()));
      return 0;
    case 'version':
      streams.out(`Systemtap module loader/runner (stap-ts ${program.version})\n`);
      return 0;
    case 'error':
      streams.error(`${commandLine.message}\n`);
      if (commandLine.usage) streams.out(staprunUsage(moduleDirectory()));
      return 1;
    case 'run':
      return new Staprun(commandLine.options, program, streams).run();
  }
}

/** One call of staprun whose command line is right. */
class Staprun {
  readonly #options: StaprunOptions;
  readonly #program: ProgramFacts;
  readonly #streams: StandardStreams;
  readonly #colors: Colors | undefined;
  /** Absolute directory of the modules of this user. */
  readonly #root: string;

  constructor(options: StaprunOptions, program: ProgramFacts, streams: StandardStreams) {
    this.#options = options;
    this.#program = program;
    this.#streams = streams;
    this.#colors = useColors(options.color) ? parseColors(process.env['SYSTEMTAP_COLORS']) : undefined;
    this.#root = moduleRoot(undefined, process.env, process.getuid?.() ?? 0, workingDirectory());
  }

  async run(): Promise<number> {
    const { action, module, ineffective } = this.#options;
    for (const text of ineffective) this.#warn(text);
    switch (action) {
      case 'delete':
        return this.#delete(moduleNameOf(module));
      case 'attach':
        return this.#attach(moduleNameOf(module));
      case 'run':
      case 'detach':
      case 'daemon':
        return this.#load();
    }
  }

  async #delete(name: string): Promise<number> {
    const { deleteAllModules, deleteModule } = await import('./staprun-delete.ts');
    const output = {
      out: (line: string) => this.#streams.out(`${line}\n`),
      error: (text: string) => this.#error(text),
    };
    return name === '*' ? deleteAllModules(this.#root, output) : deleteModule(name, this.#root, output);
  }

  async #attach(name: string): Promise<number> {
    const { attachToModule } = await import('../session/detach/attach.ts');
    const { outputFile, outputRotation, suppressWarnings } = this.#options;
    return attachToModule({
      name,
      root: this.#root,
      outputFile,
      outputRotation,
      hideWarnings: suppressWarnings,
      colors: this.#colors,
    });
  }

  async #load(): Promise<number> {
    const user = moduleUser(process.geteuid?.() ?? 0, process.env['SUDO_UID']);
    const found = findModuleFile(this.#options.module, user);
    if (found.kind === 'failed') {
      for (const line of found.lines) this.#error(line);
      return 1;
    }
    const { path, stapmod } = found;
    const { parameters, bufferSizeMb, problem } = this.#parameters(stapmod);
    if (problem !== undefined) {
      this.#error(insertErrorText(path, 'EINVAL'));
      this.#error(problem);
      return 1;
    }
    this.#tell(1, `${path}: module of stap-ts ${stapmod.writtenBy}, ${scriptOf(stapmod)}`);
    return this.#start({
      module: stapmod.module,
      moduleName: moduleNameOf(path),
      insertedAs: path,
      script: scriptOf(stapmod),
      sources: stapmod.inputs.scripts,
      version: this.#program.version,
      directory: this.#program.directory,
      options: this.#runOptions(stapmod, parameters, bufferSizeMb),
      environment: process.env,
      colors: this.#colors,
    });
  }

  /** NAME=VALUE words apart into those for the script and the one for staprun. */
  #parameters({ module }: Stapmod): {
    readonly parameters: readonly Assignment[];
    readonly bufferSizeMb: number | undefined;
    readonly problem: string | undefined;
  } {
    const isForUs = ({ name }: Assignment): boolean => name === BUFFER_SIZE_OPTION;
    const parameters = this.#options.moduleOptions.filter((option) => !isForUs(option));
    const size = this.#options.moduleOptions.findLast(isForUs)?.value;
    const isSize =
      size === undefined || (/^\d{1,4}$/.test(size) && Number(size) >= 1 && Number(size) <= 4095);
    return {
      parameters,
      bufferSizeMb: this.#options.bufferSizeMb ?? (size === undefined ? undefined : Number(size)),
      problem: isSize
        ? parameterProblem(module, parameters)
        : `${BUFFER_SIZE_OPTION}: '${size}' is not between 1 and 4095`,
    };
  }

  #runOptions(
    { facts, inputs }: Stapmod,
    globals: readonly Assignment[],
    bufferSizeMb: number | undefined,
  ): RunOptions & Pick<StapOptions, 'monitorIntervalMs'> {
    const { verbosity, suppressWarnings, outputFile, outputRotation, command, targetPid, monitorSeconds } =
      this.#options;
    return {
      scriptArguments: inputs.scriptArguments,
      suppressHandlerErrors: facts.suppressHandlerErrors,
      suppressWarnings,
      timing: facts.timing,
      definitions: facts.timingAnywhere ? [{ name: 'STP_FORCE_STDOUT_TTY', value: '1' }] : [],
      bufferSizeMb,
      procfsRoot: undefined,
      procfsMethod: 'auto',
      procfsGroup: undefined,
      globals,
      outputFile,
      outputRotation,
      command,
      targetPid,
      verbosity: [verbosity, verbosity, verbosity, verbosity, verbosity],
      outputFormat: 'text',
      jsonFiles: false,
      monitorIntervalMs: monitorSeconds === undefined ? undefined : monitorSeconds * MS_PER_SECOND,
    };
  }

  async #start(request: RunRequest): Promise<number> {
    const { action, rename } = this.#options;
    const { moduleName } = request;
    const canRename = renamedForProcess(moduleName, process.pid) !== moduleName;
    if (rename && !canRename) this.#warn(tooShort(moduleName));
    if (action === 'run') {
      const { runInProcess } = await import('../session/run/run-session.ts');
      const name = rename ? renamedForProcess(moduleName, process.pid) : moduleName;
      return (await runInProcess({ ...request, moduleName: name })) ? 0 : 1;
    }
    const { startDetached } = await import('../session/detach/detached-start.ts');
    const output = action === 'daemon' ? 'own-file' : 'ring';
    const start = { ...request, rename: rename && canRename, output } as const;
    return (await startDetached(start, this.#streams)) === undefined ? 1 : 0;
  }

  #error(text: string): void {
    this.#streams.error(`${colorize('ERROR:', 'error', this.#colors)} ${text}\n`);
  }

  #warn(text: string): void {
    if (!this.#options.suppressWarnings)
      this.#streams.error(`${colorize('WARNING:', 'warning', this.#colors)} ${text}\n`);
  }

  #tell(verbosity: number, text: string): void {
    if (this.#options.verbosity >= verbosity) this.#streams.error(`staprun: ${text}\n`);
  }
}

function scriptOf({ inputs }: Stapmod): string {
  return inputs.scripts[0]?.name ?? '<input>';
}

function useColors(choice: ColorChoice): boolean {
  if (choice !== 'auto') return choice === 'always';
  return isTerminal(STDERR) && process.env['TERM'] !== 'dumb';
}
