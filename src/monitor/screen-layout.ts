import { cutText, skipCells, textWidth } from './cell-width.ts';
import { globalTexts, wrapTexts } from './globals-text.ts';
import { memoryText } from './memory-use.ts';
import { uptimeText } from './monitor-status.ts';
import type { MonitorStatus } from './monitor-status.ts';
import type { OutputHistory } from './output-history.ts';
import { printableText } from './printable-text.ts';
import type { CharacterSet } from './printable-text.ts';
import { probeTable } from './probe-table.ts';
import type { ScreenMetrics, ScreenState } from './screen-state.ts';

/** Size of a terminal in character cells. */
export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** One row of the screen: printable text no wider than the screen. */
export interface ScreenLine {
  readonly text: string;
  readonly bold: boolean;
}

/** Everything a picture is made of. */
export interface ScreenContent {
  /** undefined before the first data. */
  readonly status: MonitorStatus | undefined;
  readonly state: ScreenState;
  readonly history: Pick<OutputHistory, 'first' | 'end' | 'lines'>;
  /** The script has ended. */
  readonly exited: boolean;
  readonly characters: CharacterSet;
}

const EXITED_TEXT = 'EXITED: press q again to quit';
const PROMPT_TEXT = 'enter probe index: ';
const HINT_TEXT = 'press h for help';
const TITLE = ' status ';
/** Smallest window that gets a box. */
const BOX_MIN = { columns: 20, rows: 5 };

/** Colours (SGR) and clearing to the end of the line, which mean nothing in the window. */
const COLOUR_SEQUENCE = /\x1b\[[\d;]*[mK]/g;
/** From here on the first line may take two rows. */
const WRAP_MIN_ROWS = 7;

const HELP_LINES = [
  'h  help on and off              Tab  switch window (bold: status)',
  's  sort by the next column      j Down  k Up  one line',
  't  switch a probe on or off     PgDn PgUp     one page',
  'p  pause: all probes off        Home End      first, last line',
  'r  resume: all probes on        Left Right    move the output',
  'c  clear the globals            x  status on and off',
  'q  end the script, then leave   ^C ends and leaves  ^L redraws',
];

/** The picture: exactly `size.rows` lines, and what of it scrolling depends on. */
export function layOut(
  content: ScreenContent,
  size: ScreenSize,
): { readonly lines: readonly ScreenLine[]; readonly metrics: ScreenMetrics } {
  const statusHeight = content.state.statusHidden ? 0 : Math.floor(size.rows / 2);
  const status = statusWindow(content, { columns: size.columns, rows: statusHeight });
  const notice = statusHeight === 0 ? urgentLine(content) : undefined;
  const outputHeight = size.rows - statusHeight - (notice === undefined || size.rows < 2 ? 0 : 1);
  const output = outputWindow(content, { columns: size.columns, rows: outputHeight });
  const last = notice === undefined || size.rows < 2 ? [] : [cutText(notice, size.columns)];
  return {
    lines: [...status.lines, ...[...output, ...last].map(plain)],
    metrics: {
      tableRows: status.tableRows,
      probeCount: content.status?.probes.length ?? 0,
      outputRows: outputHeight,
      outputFirst: content.history.first,
      outputEnd: content.history.end,
    },
  };
}

function plain(text: string): ScreenLine {
  return { text, bold: false };
}

interface StatusWindow {
  readonly lines: readonly ScreenLine[];
  readonly tableRows: number;
}

function statusWindow(content: ScreenContent, size: ScreenSize): StatusWindow {
  if (size.columns < BOX_MIN.columns || size.rows < BOX_MIN.rows) return statusInside(content, size);
  const columns = size.columns - 2;
  const inside = statusInside(content, { columns, rows: size.rows - 2 });
  const box = content.characters === 'utf-8' ? '┌─┐│└┘' : '+-+|++';
  const [topLeft = '', across = '', topRight = '', side = '', bottomLeft = '', bottomRight = ''] = box;
  const title = `${across}${TITLE}`;
  const framed = inside.lines.map(({ text, bold }) => {
    return { text: `${side}${text}${' '.repeat(Math.max(0, columns - textWidth(text)))}${side}`, bold };
  });
  return {
    lines: [
      plain(`${topLeft}${title}${across.repeat(columns - title.length)}${topRight}`),
      ...framed,
      plain(`${bottomLeft}${across.repeat(columns)}${bottomRight}`),
    ],
    tableRows: inside.tableRows,
  };
}

/** Exactly `size.rows` lines; the last one is the prompt, the end of the script or the hint. */
function statusInside(content: ScreenContent, size: ScreenSize): StatusWindow {
  if (size.rows === 0) return { lines: [], tableRows: 0 };
  const above = size.rows - 1;
  const { lines, tableRows } = content.state.help
    ? { lines: HELP_LINES.map(plain), tableRows: 0 }
    : statusBody(content, { columns: size.columns, rows: above });
  const body = lines.slice(0, above);
  const filling = Array.from({ length: above - body.length }, () => plain(''));
  const bottom = plain(urgentLine(content) ?? HINT_TEXT);
  return {
    lines: [...body, ...filling, bottom].map(({ text, bold }) => ({
      text: cutText(text, size.columns),
      bold,
    })),
    tableRows,
  };
}

/** What the user has to see wherever there is room. */
function urgentLine(content: ScreenContent): string | undefined {
  if (content.exited) return EXITED_TEXT;
  const { prompt } = content.state;
  return prompt === undefined ? undefined : PROMPT_TEXT + prompt;
}

function statusBody(content: ScreenContent, size: ScreenSize): StatusWindow {
  const { status, state, characters } = content;
  if (status === undefined) return { lines: [plain('(data not available)')], tableRows: 0 };
  const moduleName = printableText(status.moduleName, characters);
  const first = `uptime: ${uptimeText(status.uptimeSeconds)} uid: ${status.uid} memory: ${memoryText(status.memory)}`;
  const facts = [
    ...(size.rows < WRAP_MIN_ROWS ? [first] : wrapTexts([first], size.columns, 2)),
    `module_name: ${moduleName} probes: ${status.probes.length} `,
  ];
  const left = Math.max(0, size.rows - facts.length);
  const table = probeTable(status.probes, state.sortBy, characters);
  // The table is what the screen is for: globals get half of the room, more when the table needs less.
  const globalsRoom = Math.max(Math.floor(left / 2), left - 1 - table.rows.length);
  const texts = globalTexts(status.globals, characters);
  const globals = texts.length === 0 ? [] : wrapTexts(['globals:', ...texts], size.columns, globalsRoom);
  const tableRows = Math.max(0, left - globals.length - 1);
  const top = Math.min(state.tableTop, Math.max(0, table.rows.length - tableRows));
  return {
    lines: [
      ...[...facts, ...globals].map(plain),
      { text: table.header, bold: state.activeWindow === 'status' },
      ...table.rows.slice(top, top + tableRows).map(plain),
    ],
    tableRows,
  };
}

function outputWindow(content: ScreenContent, size: ScreenSize): readonly string[] {
  const { state, history, characters } = content;
  const newest = Math.max(history.first, history.end - size.rows);
  const from =
    state.outputTop === 'newest' ? newest : Math.max(history.first, Math.min(state.outputTop, newest));
  const lines = history.lines(from, size.rows).map((line) => {
    const shown = printableText(line.replaceAll(COLOUR_SEQUENCE, ''), characters);
    return cutText(skipCells(shown, state.outputShift), size.columns, cutMark(size));
  });
  return [...lines, ...Array.from({ length: size.rows - lines.length }, () => '')];
}

/** Shows that a line goes on to the right. */
function cutMark(size: ScreenSize): string {
  return size.columns > 1 ? '>' : '';
}
