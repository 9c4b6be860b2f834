import type { CompiledModule } from '../module/compiled-module.ts';
import { moduleText, parseModuleText } from '../module/compiled-module-text.ts';
import { digest128 } from './digest.ts';

/** Version of the layout that this program writes and reads. */
export const STAPMOD_FORMAT = 1;

/** How the file of a module called NAME ends. */
export const STAPMOD_SUFFIX = '.stapmod';

/** Largest file that is read, bytes. */
export const MAX_STAPMOD_BYTES = 64 << 20;

/** A script as its module keeps it; both are byte strings. */
export interface ModuleScript {
  readonly name: string;
  readonly text: string;
}

/**
 * Everything that decides what a module does: equal inputs make equal modules. Written as one line of JSON, which is
 * also what names the module and what the script cache compares.
 */
export interface ModuleInputs {
  /** The program that compiled it, with the build. */
  readonly program: string;
  readonly uid: number;
  /** The main script, then those of -E. */
  readonly scripts: readonly ModuleScript[];
  readonly scriptArguments: readonly string[];
  /** Command-line words of the options that matter to the compiler, in an order of their own. */
  readonly options: readonly string[];
  /** Kernel release, architecture, library files outside this program: one line each. */
  readonly surroundings: readonly string[];
}

/** A file that took part, as it was then. */
export interface UsedFile {
  readonly path: string;
  readonly size: number;
  readonly modifiedMs: number;
}

/** What a compiled module tells about itself besides its inputs. */
export interface StapmodFacts {
  readonly name: string;
  /** `-t` */
  readonly timing: boolean;
  /** The report of -t is wanted without a terminal too. */
  readonly timingAnywhere: boolean;
  /** `--suppress-handler-errors` */
  readonly suppressHandlerErrors: boolean;
  /** Compiling it gave neither a warning nor any other line. */
  readonly silent: boolean;
  /** Library files that it was made from. */
  readonly libraryFiles: readonly UsedFile[];
  /** Settings of the kernel configuration that conditions asked for, with the answers. */
  readonly kernelSettings: readonly (readonly [name: string, value: string])[];
  /** Absent when no probe fires in the kernel. */
  readonly kernel?: KernelSurroundings;
}

/** What the kernel half of a module depends on besides the inputs. */
export interface KernelSurroundings {
  /** One line: the kernel with its build, the target, the buffer, where programs are looked for. */
  readonly decidedBy: string;
  /** Programs and libraries that are probed. */
  readonly files: readonly UsedFile[];
}

/** Content of a file whose checksum is right; its parts are parsed when they are wanted. */
export interface OpenedStapmod {
  /** Version of the program that wrote it. */
  readonly writtenBy: string;
  readonly facts: StapmodFacts;
  /** JSON of its `ModuleInputs`, as `inputsText` makes it. */
  readonly inputs: string;
  /** For `parseModuleText`. */
  readonly module: string;
}

/** A whole module file. */
export interface Stapmod {
  readonly writtenBy: string;
  readonly facts: StapmodFacts;
  readonly inputs: ModuleInputs;
  readonly module: CompiledModule;
}

/** Why bytes are no module that can be run. `other-version`: another version of the program wrote them in another format. */
export type StapmodErrorCode = 'not-a-module' | 'other-version' | 'truncated' | 'damaged' | 'too-large';

/** The bytes are no module that this program can run. The message is a whole sentence without its full stop. */
export class StapmodError extends Error {
  readonly code: StapmodErrorCode;
  constructor(code: StapmodErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Padded to a whole number of 32-bit words, so that the rest can be digested where it is. */
const HEADER_BYTES = 128;
const MAGIC = 'stapmod ';

/** The line of JSON that stands for these inputs. */
export function inputsText(inputs: ModuleInputs): string {
  const { program, uid, scripts, scriptArguments, options, surroundings } = inputs;
  return JSON.stringify({ program, uid, options, surroundings, scriptArguments, scripts });
}

/**
 * The bytes of a NAME.stapmod file: a line of text that says what it is, with the length and the checksum of the rest;
 * then a line of JSON each for the facts, the inputs (`inputs`, from `inputsText`) and the compiled module.
 */
export function writeStapmod(
  facts: StapmodFacts,
  inputs: string,
  module: CompiledModule,
  version: string,
): Buffer {
  const lines = [JSON.stringify(facts), inputs, moduleText(module)];
  const body = Buffer.from(`${lines.map(onlyBytes).join('\n')}\n`, 'latin1');
  const start = headerStart(STAPMOD_FORMAT, version, body.length);
  const header = Buffer.from(`${`${start}${digest128(body, start)}`.padEnd(HEADER_BYTES - 1)}\n`, 'latin1');
  return Buffer.concat([header, body]);
}

/**
 * Checks the bytes of a module file. `name` is what messages call it.
 * @throws {StapmodError} when it is none, damaged, or of another version
 */
export function openStapmod(bytes: Buffer, name: string): OpenedStapmod {
  if (bytes.length > MAX_STAPMOD_BYTES) throw tooLarge(name);
  const header = bytes.toString('latin1', 0, HEADER_BYTES);
  const { writtenBy, start } = readHeader(header, bytes.length, name);
  const body = bytes.subarray(HEADER_BYTES);
  const checksum = header.slice(start.length, start.length + 32);
  if (header !== `${start}${checksum}`.padEnd(HEADER_BYTES - 1) + '\n' || checksum !== digest128(body, start))
    throw new StapmodError('damaged', `${name} is damaged: its checksum is wrong`);
  const factsEnd = body.indexOf(10);
  const inputsEnd = body.indexOf(10, factsEnd + 1);
  return {
    writtenBy,
    facts: JSON.parse(body.toString('latin1', 0, factsEnd)) as StapmodFacts,
    inputs: body.toString('latin1', factsEnd + 1, inputsEnd),
    module: body.toString('latin1', inputsEnd + 1, body.length - 1),
  };
}

/** All of a module file. @throws {StapmodError} as `openStapmod` */
export function readStapmod(bytes: Buffer, name: string): Stapmod {
  const { writtenBy, facts, inputs, module } = openStapmod(bytes, name);
  const parsed = JSON.parse(inputs) as ModuleInputs;
  return { writtenBy, facts, inputs: parsed, module: parseOpened(module, writtenBy, name) };
}

function parseOpened(module: string, writtenBy: string, name: string): CompiledModule {
  try {
    return parseModuleText(module);
  } catch (error) {
    if (error instanceof RangeError) throw otherVersion(name, writtenBy, 'unknown');
    throw error;
  }
}

/** The error for a file that is larger than MAX_STAPMOD_BYTES; callers that know the size need not read it. */
export function tooLarge(name: string): StapmodError {
  return new StapmodError('too-large', `${name} is larger than ${MAX_STAPMOD_BYTES >> 20} MB`);
}

function headerStart(format: number, version: string, length: number): string {
  return `${MAGIC}${format} by stap-ts ${version}, ${length} bytes follow this line, checksum `;
}

/** What every version of the format begins with, and what has to be true before the checksum can be. */
function readHeader(
  header: string,
  length: number,
  name: string,
): { readonly writtenBy: string; readonly start: string } {
  const truncated = new StapmodError('truncated', `${name} is truncated`);
  if (!header.startsWith(MAGIC)) {
    if (header !== '' && MAGIC.startsWith(header)) throw truncated;
    throw new StapmodError('not-a-module', `${name} is not a module of stap-ts`);
  }
  const match = /^stapmod (\d{1,9}) by stap-ts ([\w.+~-]{1,40}), /.exec(header);
  const [, format = '', writtenBy = ''] = match ?? [];
  if (match !== null && Number(format) !== STAPMOD_FORMAT) throw otherVersion(name, writtenBy, format);
  if (length < HEADER_BYTES) throw truncated;
  const bytes = /^(\d{1,9}) bytes follow this line, checksum /.exec(header.slice(match?.[0].length))?.[1];
  const start = headerStart(STAPMOD_FORMAT, writtenBy, Number(bytes));
  if (match === null || bytes === undefined || !header.startsWith(start))
    throw new StapmodError('damaged', `${name} is damaged: its first line is not readable`);
  if (Number(bytes) > length - HEADER_BYTES) throw truncated;
  if (Number(bytes) < length - HEADER_BYTES)
    throw new StapmodError('damaged', `${name} is damaged: it is longer than it says`);
  return { writtenBy, start };
}

function otherVersion(name: string, writtenBy: string, format: string): StapmodError {
  return new StapmodError(
    'other-version',
    `${name} was written by stap-ts ${writtenBy} (format ${format}); this program reads format ${STAPMOD_FORMAT}: ` +
      'compile it again with stap -p4',
  );
}

/** Texts are byte strings; what is not is written as JSON's escape. */
function onlyBytes(json: string): string {
  return /[^\x00-\xff]/.test(json)
    ? json.replace(/[^\x00-\xff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    : json;
}
