import { isIP } from 'node:net';
import { getopt } from './getopt.ts';
import { documentedOption, shownUsage, type DocumentedOption } from './option-spelling.ts';

const DEFAULT_PORT = 9900;
const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_DIRECTORY = '/etc/stap-exporter';
const MAX_PORT = 65535;
const MAX_SECONDS = 1e6;
/** Column at which the help texts of options start. */
const HELP_COLUMN = 27;

/** A checked command line of stap-exporter(8). */
export interface ExporterSettings {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** As given. */
  readonly directory: string;
  /** Seconds without a request after which a script is ended; undefined: never. */
  readonly keepAliveSeconds: number | undefined;
  readonly startWaitSeconds: number;
  readonly tokenFile: string | undefined;
  readonly procfsRoot: string | undefined;
}

/** What a command line of stap-exporter asks for. */
export type ExporterCommandLine =
  | { readonly kind: 'serve'; readonly settings: ExporterSettings }
  | { readonly kind: 'help' | 'version' }
  | { readonly kind: 'error'; readonly message: string };

/** The options of stap-exporter(8). */
export function exporterOptions(): readonly DocumentedOption[] {
  return [
    documentedOption('port', '-p --port PORT', `listen on this port, default ${DEFAULT_PORT}`),
    documentedOption(
      'keepalive',
      '-k --keepalive SECONDS',
      'end a script that nobody asked for in that time, default never',
    ),
    documentedOption('scripts', '-s --scripts DIR', `directory of the scripts, default ${DEFAULT_DIRECTORY}`),
    documentedOption('listen', '--listen ADDR', `address to listen on, default ${DEFAULT_HOST}`),
    documentedOption('token-file', '--token-file FILE', 'who asks must know the token in FILE'),
    documentedOption(
      'start-wait',
      '--start-wait SECONDS',
      'how long the first request to a script waits for its file, default 0',
    ),
    documentedOption('procfs-root', '--procfs-root DIR', 'files of the scripts appear below DIR'),
    documentedOption('help', '-h --help', 'show this help text'),
    documentedOption('version', '-V --version', 'show the version'),
  ];
}

/** The help text. */
export function exporterHelp(): string {
  const options = exporterOptions().map(({ usage, help }) => {
    const names = shownUsage(usage).replace(/^(-\w) --/, '$1, --');
    return `  ${names.padEnd(HELP_COLUMN - 3)} ${help.join(`\n${' '.repeat(HELP_COLUMN)}`)}\n`;
  });
  return `Usage: stap-exporter [OPTION]...\nPublishes what scripts tell in their files __prometheus over HTTP.\n${options.join('')}`;
}

/** Reads a command line: `words` without the program name. */
export function parseExporterWords(words: readonly string[]): ExporterCommandLine {
  let settings: ExporterSettings = {
    host: DEFAULT_HOST,
    port: DEFAULT_PORT,
    directory: DEFAULT_DIRECTORY,
    keepAliveSeconds: undefined,
    startWaitSeconds: 0,
    tokenFile: undefined,
    procfsRoot: undefined,
  };
  for (const event of getopt('stap-exporter', words, exporterOptions())) {
    if (event.kind === 'error') return event;
    if (event.kind === 'operands') {
      if (event.words.length > 0) return wrong(`unexpected argument '${event.words[0]}'`);
      continue;
    }
    if (event.id === 'help' || event.id === 'version') return { kind: event.id };
    const change = changeOf(event.id, event.argument ?? '');
    if (typeof change === 'string') return wrong(change);
    settings = { ...settings, ...change };
  }
  return { kind: 'serve', settings };
}

function wrong(message: string): ExporterCommandLine {
  return { kind: 'error', message: `stap-exporter: ${message}` };
}

/** What an option changes, or what is wrong with its argument. */
function changeOf(id: string, argument: string): Partial<ExporterSettings> | string {
  const seconds =
    /^\d+(\.\d+)?$/.test(argument) && Number(argument) <= MAX_SECONDS ? Number(argument) : undefined;
  const badSeconds = `--${id} needs a number of seconds, not '${argument}'`;
  switch (id) {
    case 'port':
      if (!/^\d{1,5}$/.test(argument) || Number(argument) > MAX_PORT)
        return `--port needs a number from 0 to ${MAX_PORT}, not '${argument}'`;
      return { port: Number(argument) };
    case 'keepalive':
      return seconds === undefined ? badSeconds : { keepAliveSeconds: seconds === 0 ? undefined : seconds };
    case 'start-wait':
      return seconds === undefined ? badSeconds : { startWaitSeconds: seconds };
    case 'listen': {
      const host = argument.replace(/^\[(.*)\]$/, '$1');
      if (isIP(host) === 0 && !/^[A-Za-z0-9._-]+$/.test(host))
        return `--listen needs an address as 127.0.0.1 or ::1, not '${argument}'; the port is given by --port`;
      return { host };
    }
    default:
      return pathChange(id, argument);
  }
}

function pathChange(id: string, path: string): Partial<ExporterSettings> | string {
  if (path === '') return `--${id} needs a path`;
  switch (id) {
    case 'scripts':
      return { directory: path };
    case 'token-file':
      return { tokenFile: path };
    default:
      return { procfsRoot: path };
  }
}
