import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { plainEnvironment, runCommand, type Finished } from '../harness/command.ts';

const STAP = '/usr/bin/stap';
const REPLY_FORMAT = 1;

/**
 * The installed SystemTap as the reference: passes 1 and 2 and listings need no module. A run takes a quarter of a
 * second or more, so answers are kept in a folder outside the repository, by content of the question.
 */
export class SystemTap {
  private readonly cache: string;
  private readonly wrapperFolder: string;
  private readonly version: string;

  private constructor(release: string, version: string) {
    const base = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
    this.cache = join(base, 'stap-oracle');
    this.version = `${version} ${release}`;
    this.wrapperFolder = join(this.cache, 'bin');
    mkdirSync(this.wrapperFolder, { recursive: true });
    const wrapper = join(this.wrapperFolder, 'stap');
    writeFileSync(wrapper, `#!/bin/sh\nSYSTEMTAP_NOSIGN=1 exec ${STAP} -r ${release} "$@"\n`);
    chmodSync(wrapper, 0o755);
  }

  /** undefined where no SystemTap or no kernel headers are installed. */
  static async find(): Promise<SystemTap | undefined> {
    if (!existsSync(STAP) || !existsSync('/lib/modules')) return undefined;
    const release = readdirSync('/lib/modules')
      .sort()
      .reverse()
      .find((name) => existsSync(join('/lib/modules', name, 'build')));
    if (release === undefined) return undefined;
    const version = (await runCommand(STAP, ['-V'])).stderr.split('\n', 1)[0] ?? '';
    return new SystemTap(release, version);
  }

  /**
   * Runs a shell command in which `stap` is the reference. Given a folder with a library of its own, it reads
   * that instead of SystemTap's, which takes most of the time of a run.
   */
  async run(command: string, library?: string): Promise<Finished> {
    const libraryText = library === undefined ? '' : textsIn(library);
    const key = createHash('sha256')
      .update(`${REPLY_FORMAT}\n${this.version}\n${command}\n${libraryText}`)
      .digest('hex');
    const file = join(this.cache, `${key}.json`);
    if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Finished;
    const result = await runCommand('/bin/sh', ['-c', command], {
      env: plainEnvironment({
        PATH: `${this.wrapperFolder}:${process.env['PATH'] ?? ''}`,
        HOME: this.cache,
        ...(library === undefined ? {} : { SYSTEMTAP_TAPSET: library }),
      }),
      timeoutMs: 60_000,
    });
    if (result.timedOut) return result;
    const reply = {
      ...result,
      stderr: result.stderr
        .split('\n')
        .filter((line) => !line.startsWith('Tip: ') && !line.includes('Kernel function symbol table missing'))
        .join('\n'),
    };
    writeFileSync(`${file}.${process.pid}`, JSON.stringify(reply));
    renameSync(`${file}.${process.pid}`, file);
    return reply;
  }
}

function textsIn(folder: string): string {
  return readdirSync(folder)
    .sort()
    .map((name) => readFileSync(join(folder, name), 'latin1'))
    .join('');
}
