import type { JSX } from 'preact';
import type { ApiFile, ApiModuleState } from '../../api.ts';
import { formatMode } from '../number-format.ts';
import { DataTable, type Column } from './data-table.tsx';
import { FileDetail } from './file-detail.tsx';

/** The module's files, and the one that was chosen. */
export function FilesSection(props: {
  readonly state: ApiModuleState;
  readonly selected: string | undefined;
  readonly onSelect: (path: string) => void;
}): JSX.Element {
  const { files, directory } = props.state;
  const file = files.find(({ path }) => path === props.selected);
  const columns: Column<ApiFile>[] = [
    { title: 'mode', key: ({ mode }) => mode, cell: ({ mode }) => <code>{formatMode(mode)}</code> },
    {
      title: 'file',
      key: ({ path }) => path,
      cell: ({ path }) => (
        <button
          type="button"
          class="link"
          aria-current={path === props.selected ? 'true' : undefined}
          onClick={() => props.onSelect(path)}
        >
          {path}
        </button>
      ),
    },
    { title: 'reads', isNumeric: true, key: ({ reads }) => reads },
    { title: 'writes', isNumeric: true, key: ({ writes }) => writes },
  ];
  if (files.length === 0) return <p class="hint">The script has no files: it has no procfs probes.</p>;
  return (
    <div class="files">
      <section class="file-list">
        <p class="hint directory">{directory}</p>
        <DataTable caption="Files" columns={columns} rows={files} rowKey={({ path }) => path} />
      </section>
      {file === undefined ? (
        <p class="hint">Choose a file. Opening it reads it once, which runs the script’s read handler.</p>
      ) : (
        <FileDetail key={file.path} file={file} />
      )}
    </div>
  );
}
