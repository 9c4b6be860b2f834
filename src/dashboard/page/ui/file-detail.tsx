import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { ApiFile } from '../../api.ts';
import { fileViewOf, namedNumbersIn, tableIn, type FileView } from '../file-view.ts';
import { formatBytes } from '../number-format.ts';
import { modulePath } from './api-client.ts';
import { DataTable } from './data-table.tsx';
import type { FileContent } from './live-session.ts';
import { failureText, usePage } from './page-context.ts';
import { Plot } from './plot.tsx';
import { WriteBox } from './write-box.tsx';

type Choice = 'automatic' | FileView['kind'];

/** A longer text is cut where it is shown. */
const MAX_SHOWN_LENGTH = 256 * 1024;

/** One file: its content in a view that suits it, and a box to write to it. */
export function FileDetail(props: { readonly file: ApiFile }): JSX.Element {
  const { session, module, readOnly } = usePage();
  const { path, mode } = props.file;
  const bits = Number.parseInt(mode, 8);
  const [canRead, canWrite] = [(bits & 0o444) !== 0, (bits & 0o222) !== 0];
  const content = session.files.get(path);
  const read = async (): Promise<void> => {
    try {
      const text = await session.client.text(modulePath(module, 'files', ...path.split('/')));
      session.setFile(path, text, undefined);
    } catch (error) {
      session.setFile(path, undefined, failureText(error));
    }
  };
  useEffect(() => {
    if (canRead && !session.isLive(path)) void read();
  }, [path]);
  return (
    <section class="file" aria-label={`File ${path}`}>
      <h2>
        <code>{path}</code>
      </h2>
      {canRead ? (
        <>
          <ReadTools path={path} content={content} onRead={() => void read()} />
        </>
      ) : (
        <p class="hint">This file can only be written to.</p>
      )}
      {canWrite && !readOnly && (
        <WriteBox
          path={path}
          onWritten={() => {
            if (canRead && !session.isLive(path)) void read();
          }}
        />
      )}
    </section>
  );
}

function ReadTools(props: {
  readonly path: string;
  readonly content: FileContent | undefined;
  readonly onRead: () => void;
}): JSX.Element {
  const { session } = usePage();
  const { path, content } = props;
  const [choice, setChoice] = useState<Choice>('automatic');
  const isLive = session.isLive(path);
  const text = content?.text ?? '';
  const automatic = fileViewOf(text);
  return (
    <>
      <div class="tools">
        <button
          type="button"
          role="switch"
          aria-checked={isLive}
          title="Reads the file once a second, which runs the script's read handler"
          onClick={() => session.setLive(path, !isLive)}
        >
          Live
        </button>
        <button type="button" disabled={isLive} onClick={props.onRead}>
          Read once
        </button>
        <label>
          View{' '}
          <select value={choice} onChange={(event) => setChoice(event.currentTarget.value as Choice)}>
            <option value="automatic">automatic ({automatic.kind})</option>
            <option value="text">text</option>
            <option value="table">table</option>
            <option value="plot">plot</option>
          </select>
        </label>
        {content !== undefined && (
          <span class="hint">
            {formatBytes(new Blob([text]).size)}, {new Date(content.readAtMs).toLocaleTimeString('en-GB')}
          </span>
        )}
      </div>
      {content?.error !== undefined && <p class="problem">{content.error}</p>}
      {content?.text !== undefined && (
        <ContentView path={path} text={text} content={content} view={viewFor(choice, automatic, text)} />
      )}
    </>
  );
}

/** The view that was chosen, as far as the text allows it. */
function viewFor(choice: Choice, automatic: FileView, text: string): FileView | undefined {
  if (choice === 'automatic') return automatic;
  if (choice === 'text') return { kind: 'text' };
  if (choice === 'plot') {
    const values = namedNumbersIn(text);
    return values && { kind: 'plot', values };
  }
  const table = tableIn(text);
  return table && { kind: 'table', table };
}

function ContentView(props: {
  readonly path: string;
  readonly text: string;
  readonly content: FileContent;
  readonly view: FileView | undefined;
}): JSX.Element {
  const { view, text, path } = props;
  switch (view?.kind) {
    case undefined:
      return (
        <>
          <p class="hint">The text does not suit this view.</p>
          <PlainText path={path} text={text} />
        </>
      );
    case 'plot': {
      const names = [...view.values.keys()];
      return (
        <>
          <Plot title={path} names={names} columns={props.content.history.columns(names)} unit="value" />
          <details>
            <summary>Text</summary>
            <PlainText path={path} text={text} />
          </details>
        </>
      );
    }
    case 'table': {
      const { header, rows } = view.table;
      const numbered = rows.map((cells, index) => ({ cells, index }));
      const width = Math.max(0, ...rows.map((row) => row.length));
      const columns = Array.from({ length: width }, (_, column) => ({
        title: header[column] ?? `column ${column + 1}`,
        isNumeric: rows.every((row) => /^[-+]?[\d.]+$/.test(row[column] ?? '')),
        key: ({ cells }: { readonly cells: readonly string[] }) => cells[column] ?? '',
      }));
      return (
        <DataTable
          caption={`Table of ${path}`}
          columns={columns}
          rows={numbered}
          rowKey={({ index }) => String(index)}
        />
      );
    }
    case 'text':
      return <PlainText path={path} text={text} />;
  }
}

function PlainText(props: { readonly path: string; readonly text: string }): JSX.Element {
  const isCut = props.text.length > MAX_SHOWN_LENGTH;
  return (
    <>
      {props.text === '' && <p class="hint">The file is empty.</p>}
      <pre class="content" tabIndex={0} role="region" aria-label={`Content of ${props.path}`}>
        {props.text.slice(0, MAX_SHOWN_LENGTH)}
      </pre>
      {isCut && <p class="hint">Only the first {formatBytes(MAX_SHOWN_LENGTH)} are shown.</p>}
    </>
  );
}
