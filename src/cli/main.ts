import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { BUILT_INDEX_NAME } from '../session/compile/library-places.ts';
import { stap, type ProgramFacts } from './stap.ts';

declare const STAP_TS_VERSION: string;

/** A command of this program. Resolves to the exit status. */
type Command = (words: readonly string[], program: ProgramFacts) => Promise<number>;

/**
 * Runs the command of that name; ends the process with its exit status. `build`: where its files are, in dist/ of the
 * installation, without suffix.
 */
export function main(words: readonly string[], build: string, name: string): void {
  const program = programFacts(build);
  void run(name, words, program).then(
    // Not exitCode: a reader that never reads, or a command that still runs, must not keep the process.
    (status) => process.exit(status),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      process.exit(1);
    },
  );
}

async function run(name: string, words: readonly string[], program: ProgramFacts): Promise<number> {
  const command = name === 'stap' ? stap : await load(name);
  return command(words, program);
}

/** Only what a command needs is evaluated. */
async function load(name: string): Promise<Command> {
  switch (name) {
    case 'staprun':
      return (await import('./staprun.ts')).staprun;
    case 'stap-lsmod':
      return (await import('./stap-lsmod.ts')).stapLsmod;
    case 'stap-modinfo':
      return (await import('./stap-modinfo.ts')).stapModinfo;
    case 'stap-rmmod':
      return (await import('./stap-rmmod.ts')).stapRmmod;
    case 'stap-ctl':
      return (await import('./stap-ctl.ts')).stapCtl;
    case 'stap-companion':
      return (await import('./stap-companion.ts')).stapCompanion;
    case 'stap-exporter':
      return (await import('./stap-exporter.ts')).stapExporter;
    default:
      throw new Error(`there is no command ${name}`);
  }
}

function programFacts(build: string): ProgramFacts {
  return {
    version: STAP_TS_VERSION,
    directory: dirname(dirname(build)),
    build: basename(build),
  };
}

/** Functions that a typical start calls: they get into V8's compiled form by having run. */
const WARM_UP_SCRIPT = `
global count, seen, sizes
function twice(n) { return n * 2 }
probe begin { seen["a"] = twice(1) }
probe procfs("a").read { $value = sprintf("%d %s\\n", count, execname()) }
probe procfs("a").write { count += strtol($value, 10); sizes <<< count; if ($value =~ "x") printf("%s", $value) }
probe timer.ms(1) { foreach (k in seen) count++; exit() }
probe end { println(count) }
`;

/** Called once by the build: writes the index of the library and runs what a typical start runs. */
export async function warmUp(build: string): Promise<void> {
  const directory = dirname(dirname(build));
  const { builtIndexText } = await import('../session/compile/tapset-library.ts');
  writeFileSync(join(dirname(build), BUILT_INDEX_NAME), builtIndexText(directory));
  const root = mkdtempSync(join(tmpdir(), 'stap-build-'));
  process.env['SYSTEMTAP_DIR'] = join(root, 'data');
  try {
    const program = programFacts(build);
    await stap(['-V'], program);
    // Where FUSE is not available while building this fails half-way, which is good enough.
    // The second time it comes from the script cache.
    for (const round of [1, 2])
      await stap(['--procfs-root', join(root, `${round}`), '-e', WARM_UP_SCRIPT], program);
    await run('stap-lsmod', ['--procfs-root', root], program);
    await run('staprun', ['-V'], program);
    // What a companion evaluates before it serves.
    await Promise.all([import('./stap-companion.ts'), import('../metrics/otlp.ts')]);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
