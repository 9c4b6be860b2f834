import type { ControlCommand } from './control-command.ts';
import type { Key, NamedKey } from './key-decoder.ts';

/** Columns of the probe table, in order; also the orders that the key `s` goes through. */
export const TABLE_COLUMNS = ['index', 'state', 'hits', 'min', 'avg', 'max', 'name'] as const;
/** One of them. */
export type TableColumn = (typeof TABLE_COLUMNS)[number];

/** What the user chose by keys. */
export interface ScreenState {
  readonly activeWindow: 'status' | 'output';
  readonly statusHidden: boolean;
  readonly help: boolean;
  readonly sortBy: TableColumn;
  /** Digits typed so far while a probe's index is asked for. */
  readonly prompt: string | undefined;
  /** Probe row at the top of the table. */
  readonly tableTop: number;
  /** Number of the output line at the top of the output window; `newest`: the end is shown, whatever comes. */
  readonly outputTop: number | 'newest';
  /** Cells by which the output is moved to the left. */
  readonly outputShift: number;
}

/** What the last picture could show, which scrolling depends on. */
export interface ScreenMetrics {
  readonly tableRows: number;
  readonly probeCount: number;
  readonly outputRows: number;
  /** Numbers of the oldest line kept and of the one after the newest. */
  readonly outputFirst: number;
  readonly outputEnd: number;
}

/** What a key asks for outside the screen. `input`: the monitor does not use it, a script that reads keys may. */
export type KeyEffect =
  | { readonly kind: 'command'; readonly command: ControlCommand }
  | { readonly kind: 'leave' }
  | { readonly kind: 'redraw' }
  | { readonly kind: 'input'; readonly bytes: string };

const INDEX_DIGITS_MAX = 5;
const SHIFT_CELLS = 8;
const SHIFT_MAX = 2048;

/** How the screen starts. */
export function initialScreenState(): ScreenState {
  return {
    activeWindow: 'status',
    statusHidden: false,
    help: false,
    sortBy: 'index',
    prompt: undefined,
    tableTop: 0,
    outputTop: 'newest',
    outputShift: 0,
  };
}

type Outcome = { readonly state: ScreenState; readonly effect?: KeyEffect };

/** What a key does. `exited`: the script has ended, so only looking around and leaving are left. */
export function pressKey(state: ScreenState, key: Key, metrics: ScreenMetrics, exited: boolean): Outcome {
  if (key.kind === 'redraw') return { state, effect: { kind: 'redraw' } };
  if (state.prompt !== undefined) return promptKey(state, state.prompt, key);
  if (key.kind === 'character') return characterKey(state, key, metrics, exited);
  switch (key.kind) {
    case 'tab':
      return { state: { ...state, activeWindow: state.activeWindow === 'status' ? 'output' : 'status' } };
    case 'left':
      return { state: shifted(state, -SHIFT_CELLS) };
    case 'right':
      return { state: shifted(state, SHIFT_CELLS) };
    case 'escape':
      return { state: { ...state, help: false } };
    case 'enter':
    case 'backspace':
    case 'unknown':
      return { state, effect: { kind: 'input', bytes: key.bytes } };
    default:
      return { state: scrolled(state, key.kind, metrics) };
  }
}

function characterKey(state: ScreenState, key: Key, metrics: ScreenMetrics, exited: boolean): Outcome {
  const command = (kind: 'clear' | 'pause' | 'resume'): Outcome =>
    exited ? { state } : { state, effect: { kind: 'command', command: { kind } } };
  switch (key.bytes) {
    case 'h':
      return { state: { ...state, help: !state.help, statusHidden: false } };
    case 'c':
      return command('clear');
    case 'p':
      return command('pause');
    case 'r':
      return command('resume');
    case 's':
      return { state: { ...state, sortBy: nextColumn(state.sortBy), tableTop: 0 } };
    case 't':
      return exited ? { state } : { state: { ...state, prompt: '' } };
    case 'x':
      return { state: toggledStatus(state) };
    case 'q':
      return { state, effect: exited ? { kind: 'leave' } : { kind: 'command', command: { kind: 'quit' } } };
    case 'j':
      return { state: scrolled(state, 'down', metrics) };
    case 'k':
      return { state: scrolled(state, 'up', metrics) };
    default:
      return { state, effect: { kind: 'input', bytes: key.bytes } };
  }
}

function promptKey(state: ScreenState, typed: string, key: Key): Outcome {
  const closed: ScreenState = { ...state, prompt: undefined };
  switch (key.kind) {
    case 'enter':
      if (typed === '') return { state: closed };
      return {
        state: closed,
        effect: { kind: 'command', command: { kind: 'toggle', index: Number(typed) } },
      };
    case 'escape':
      return { state: closed };
    case 'backspace':
      return { state: { ...state, prompt: typed.slice(0, -1) } };
    default:
      if (!/^\d$/.test(key.bytes) || typed.length >= INDEX_DIGITS_MAX) return { state };
      return { state: { ...state, prompt: typed + key.bytes } };
  }
}

function nextColumn(column: TableColumn): TableColumn {
  return TABLE_COLUMNS[(TABLE_COLUMNS.indexOf(column) + 1) % TABLE_COLUMNS.length] ?? 'index';
}

function toggledStatus(state: ScreenState): ScreenState {
  const statusHidden = !state.statusHidden;
  return { ...state, statusHidden, help: false, activeWindow: statusHidden ? 'output' : 'status' };
}

function shifted(state: ScreenState, cells: number): ScreenState {
  return { ...state, outputShift: Math.min(SHIFT_MAX, Math.max(0, state.outputShift + cells)) };
}

function scrolled(state: ScreenState, key: NamedKey, metrics: ScreenMetrics): ScreenState {
  if (state.activeWindow === 'status' && !state.statusHidden) {
    const { tableRows, probeCount } = metrics;
    const last = Math.max(0, probeCount - tableRows);
    return { ...state, tableTop: moved(Math.min(state.tableTop, last), key, tableRows, 0, last) };
  }
  const { outputRows, outputFirst, outputEnd } = metrics;
  const last = Math.max(outputFirst, outputEnd - outputRows);
  const from = state.outputTop === 'newest' ? last : state.outputTop;
  const top = moved(from, key, outputRows, outputFirst, last);
  return { ...state, outputTop: top >= last ? 'newest' : top };
}

function moved(from: number, key: NamedKey, page: number, first: number, last: number): number {
  const to = ((): number => {
    switch (key) {
      case 'up':
        return from - 1;
      case 'down':
        return from + 1;
      case 'page-up':
        return from - Math.max(1, page);
      case 'page-down':
        return from + Math.max(1, page);
      case 'home':
        return first;
      case 'end':
        return last;
      default:
        return from;
    }
  })();
  return Math.min(last, Math.max(first, to));
}
