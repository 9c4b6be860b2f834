import { ControlClient, ControlError } from '../../control/control-client.ts';
import type { AttachEvent } from '../../control/protocol.ts';
import { colorize, type Colors } from '../../diagnostic/colors.ts';
import { workingDirectory } from '../ports/working-directory.ts';
import { moduleHome } from '../../registry/module-entry.ts';
import { realRoot } from '../../registry/real-root.ts';
import { disconnectText } from './disconnect-text.ts';
import type { OutputRotation } from '../stap-options.ts';
import { handleSignals } from '../ports/stop-signals.ts';

const STDOUT = 1;
const STDERR = 2;

/** What `staprun -A` asks for. */
export interface AttachOptions {
  readonly name: string;
  /** Directory of the registry. */
  readonly root: string;
  /** -o: the module writes to this file instead of standard output. */
  readonly outputFile: string | undefined;
  readonly outputRotation: OutputRotation | undefined;
  readonly hideWarnings: boolean;
  readonly colors: Colors | undefined;
}

/** What signals ask for. */
type Demand = 'stop' | 'detach' | 'rotate';

/** How the connection to the module ended. */
type Ending = AttachEvent | { readonly event: 'lost' };

/**
 * Reads the output of a module that runs without terminal until it ends or until Ctrl-\: the module itself writes to this
 * process's standard output and standard error, so nothing is lost with this process. ^C ends the module, end probes
 * included. Resolves to the exit status.
 */
export async function attachToModule(options: AttachOptions): Promise<number> {
  const client = await connect(options);
  if (typeof client === 'string') return notAttached(options, client);
  const ended = new Promise<Ending>((resolve) => {
    client.onEvent = (event) => {
      if (event.event !== 'attached') resolve(event);
    };
    client.onClosed = () => resolve({ event: 'lost' });
  });
  const attachment = attach(client, options);
  // Between its request and its descriptors nothing else may be written to the module.
  const askAttached = (what: Demand): void =>
    void attachment.then((refusal) => (refusal === undefined ? ask(client, what) : undefined));
  const stopHandling = handleSignals({
    stop: () => askAttached('stop'),
    hurry: () => askAttached('stop'),
    abort: () => process.exit(1),
    detach: () => askAttached('detach'),
    rotate: () => askAttached('rotate'),
  });
  const refusal = await attachment;
  if (refusal !== undefined) {
    client.close();
    return notAttached(options, refusal);
  }
  const ending = await ended;
  stopHandling();
  client.close();
  return conclude(ending, options);
}

/**
 * The connection, or why there is none; an empty text needs no words of its own. Whoever is at the other end gets the
 * descriptors of the terminal, and could type there: only a process of this user may.
 */
async function connect({ root, name }: AttachOptions): Promise<ControlClient | string> {
  try {
    return await ControlClient.connect(moduleHome(realRoot(root), name), { uid: process.geteuid?.() });
  } catch (error) {
    if (error instanceof ControlError)
      return error.code === 'denied' ? `Another user runs module ${name}.` : '';
    throw error;
  }
}

/** Why it was refused; undefined: attached. An empty text needs no words of its own. */
async function attach(client: ControlClient, options: AttachOptions): Promise<string | undefined> {
  const { outputFile, outputRotation, hideWarnings, colors } = options;
  const format = outputFile?.startsWith('/') === false ? `${workingDirectory()}/${outputFile}` : outputFile;
  try {
    const reply = await client.attach(
      {
        op: 'attach',
        pid: process.pid,
        ...(format === undefined ? {} : { outputFile: outputFileRequest(format, outputRotation) }),
        hideWarnings,
        ...(colors === undefined ? {} : { colors: colorsText(colors) }),
      },
      STDOUT,
      STDERR,
    );
    if (reply.ok) return undefined;
    return 'code' in reply && reply.code !== 'attached' ? reply.text : '';
  } catch (error) {
    if (error instanceof ControlError) return '';
    throw error;
  }
}

function outputFileRequest(
  format: string,
  rotation: OutputRotation | undefined,
): { format: string; rotation?: { sizeMb: number; files?: number } } {
  if (rotation === undefined) return { format };
  const { sizeMb, files } = rotation;
  return { format, rotation: files === undefined ? { sizeMb } : { sizeMb, files } };
}

/** The colours in the form of SYSTEMTAP_COLORS. */
function colorsText(colors: Colors): string {
  return Object.entries(colors)
    .map(([part, sgr]) => `${part}=${sgr}`)
    .join(':');
}

/** A module may have many events to go through before it answers; whoever is tired of waiting types ^C again. */
const LONGEST_MS = 2 ** 31 - 1;

/** After the module has ended, or this process has detached, there may be nobody at the other end any more. */
function ask(client: ControlClient, what: Demand): void {
  const request = what === 'stop' ? ({ op: 'stop', force: true } as const) : { op: what };
  client.request(request, LONGEST_MS).catch(() => undefined);
}

function conclude(ending: Ending, options: AttachOptions): number {
  switch (ending.event) {
    case 'ended':
      return ending.status;
    case 'detached':
      if (ending.reason !== undefined) tell('WARNING:', 'warning', ending.reason, options);
      process.stderr.write(disconnectText({ moduleName: options.name }));
      return ending.reason === undefined ? 0 : 1;
    case 'attached':
    case 'lost':
      tell('ERROR:', 'error', `The process that ran module ${options.name} has gone.`, options);
      return 1;
  }
}

function notAttached(options: AttachOptions, reason = ''): number {
  if (reason !== '') tell('ERROR:', 'error', reason, options);
  const text = `Cannot attach to module ${options.name} control channel; not running?`;
  tell('ERROR:', 'error', text, options);
  return 1;
}

function tell(word: string, kind: 'error' | 'warning', text: string, { colors }: AttachOptions): void {
  process.stderr.write(Buffer.from(`${colorize(word, kind, colors)} ${text}\n`, 'latin1'));
}
