import type { JSX } from 'preact';
import { useEffect, useId, useMemo, useRef, useState } from 'preact/hooks';
import { formatCount } from '../number-format.ts';
import { linesWith, MAX_OUTPUT_LINES, piecesAround, type OutputEntry } from '../output-buffer.ts';
import { usePage } from './page-context.ts';

/** Lines that are rendered together: only the last block changes. */
const BLOCK_LINES = 100;

/** What the script prints. */
export function OutputSection(): JSX.Element {
  const { session, module } = usePage();
  const [search, setSearch] = useState('');
  /** The lines as they were when scrolling was paused. */
  const [frozen, setFrozen] = useState<readonly OutputEntry[]>();
  const follows = frozen === undefined;
  const place = useRef<HTMLDivElement>(null);
  const searchId = useId();
  const { dropped } = session.output;
  const lines = frozen ?? session.output.lines;
  const newer = (session.output.lines.at(-1)?.number ?? 0) - (lines.at(-1)?.number ?? 0);
  const found = useMemo(() => linesWith(lines, search), [lines, search]);
  useEffect(() => {
    const element = place.current;
    if (follows && element !== null) element.scrollTop = element.scrollHeight;
  }, [found, follows]);
  return (
    <section class="output">
      <div class="tools">
        <label for={searchId} class="unseen">
          Show only lines with
        </label>
        <input
          id={searchId}
          type="search"
          placeholder="Show only lines with …"
          value={search}
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
        <button
          type="button"
          aria-keyshortcuts="p"
          aria-pressed={!follows}
          onClick={() => setFrozen(follows ? session.output.lines : undefined)}
        >
          Pause scrolling
        </button>
        <button
          type="button"
          onClick={() => {
            session.output.clear();
            setFrozen(undefined);
            session.notify();
          }}
        >
          Clear
        </button>
        <button type="button" onClick={() => download(`${module}.txt`, found)}>
          Download
        </button>
        <span class="hint">
          {formatCount(found.length)} lines
          {follows && dropped > 0 && `, the newest of ${formatCount(lines.length + dropped)}`}
          {newer > 0 && `, ${formatCount(newer)} newer wait`}
        </span>
      </div>
      <div class="log" role="log" aria-label="Output" aria-live="off" tabIndex={0} ref={place}>
        {found.length === 0 && (
          <p class="hint">{search === '' ? 'Nothing was printed yet.' : 'No line has this.'}</p>
        )}
        {blocksOf(found).map(([number, block]) => (
          <Block key={number} lines={block} search={search} />
        ))}
      </div>
      <p class="hint">The last {formatCount(MAX_OUTPUT_LINES)} lines are kept here.</p>
    </section>
  );
}

/** Lines in blocks that keep their borders while lines come and go. */
function blocksOf(lines: readonly OutputEntry[]): [number, readonly OutputEntry[]][] {
  const blocks = new Map<number, OutputEntry[]>();
  for (const line of lines) {
    const number = Math.floor(line.number / BLOCK_LINES);
    const block = blocks.get(number);
    if (block === undefined) blocks.set(number, [line]);
    else block.push(line);
  }
  return [...blocks];
}

function Block(props: { readonly lines: readonly OutputEntry[]; readonly search: string }): JSX.Element {
  const { lines, search } = props;
  return useMemo(
    () => (
      <div>
        {lines.map((line) => (
          <Line key={line.number} line={line} search={search} />
        ))}
      </div>
    ),
    [lines[0]?.number, lines.length, search],
  );
}

function Line(props: { readonly line: OutputEntry; readonly search: string }): JSX.Element {
  const { stream, text, timeMs } = props.line;
  return (
    <div class={`line ${stream}`}>
      <time>{new Date(timeMs).toLocaleTimeString('en-GB')}</time>
      {stream === 'err' && <span class="mark">err</span>}
      <span class="text">
        {piecesAround(text, props.search).map((piece, index) =>
          index % 2 === 0 ? piece : <mark key={index}>{piece}</mark>,
        )}
      </span>
    </div>
  );
}

function download(name: string, lines: readonly OutputEntry[]): void {
  const url = URL.createObjectURL(
    new Blob(
      lines.map(({ text }) => `${text}\n`),
      { type: 'text/plain' },
    ),
  );
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
