import type { ComponentChildren, JSX } from 'preact';
import { useId, useState } from 'preact/hooks';
import { formatCount } from '../number-format.ts';
import { MAX_SHOWN_ROWS, nextOrder, ordered, type RowOrder, type SortKey } from '../row-order.ts';

/** A column of a table. */
export interface Column<Row> {
  readonly title: string;
  readonly isNumeric?: boolean;
  readonly key: (row: Row) => SortKey;
  /** What is shown; the key as text when there is nothing else. */
  readonly cell?: (row: Row) => ComponentChildren;
}

/** Search fields are offered above tables of more rows. */
const SEARCHED_ROWS = 6;

/** A table that can be sorted, and searched when it is long; at most MAX_SHOWN_ROWS rows are shown. */
export function DataTable<Row>(props: {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  /** How many rows there are, where not all came. */
  readonly size?: number | undefined;
  readonly tools?: ComponentChildren;
}): JSX.Element {
  const { columns, caption } = props;
  const [order, setOrder] = useState<RowOrder>();
  const [search, setSearch] = useState('');
  const searchId = useId();
  const keyOf = (row: Row, column: number): SortKey => columns[column]?.key(row);
  const wanted = search.toLowerCase();
  const found =
    wanted === ''
      ? props.rows
      : props.rows.filter((row) =>
          columns.some(({ key }) => textOf(key(row)).toLowerCase().includes(wanted)),
        );
  const shown = ordered(found, order, keyOf).slice(0, MAX_SHOWN_ROWS);
  const size = props.size ?? props.rows.length;
  return (
    <div class="data-table">
      {(props.rows.length > SEARCHED_ROWS || props.tools !== undefined) && (
        <div class="tools">
          {props.rows.length > SEARCHED_ROWS && (
            <>
              <label for={searchId} class="unseen">
                Search in {caption}
              </label>
              <input
                id={searchId}
                type="search"
                placeholder="Search"
                value={search}
                onInput={(event) => setSearch(event.currentTarget.value)}
              />
            </>
          )}
          {props.tools}
          {shown.length < size && (
            <span class="hint">
              {formatCount(shown.length)} of {formatCount(size)}
            </span>
          )}
        </div>
      )}
      <div class="scroll" role="region" aria-label={caption} tabIndex={0}>
        <table>
          <thead>
            <tr>
              {columns.map((column, index) => (
                <HeaderCell
                  key={column.title}
                  column={column}
                  descending={order?.column === index ? order.descending : undefined}
                  onClick={() => setOrder(nextOrder(order, index, column.isNumeric === true))}
                />
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr key={props.rowKey(row)}>
                {columns.map((column) => (
                  <td key={column.title} class={column.isNumeric === true ? 'number' : undefined}>
                    {column.cell === undefined ? textOf(column.key(row)) : column.cell(row)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function HeaderCell<Row>(props: {
  readonly column: Column<Row>;
  readonly descending: boolean | undefined;
  readonly onClick: () => void;
}): JSX.Element {
  const { column, descending } = props;
  const sort = descending === undefined ? 'none' : descending ? 'descending' : 'ascending';
  return (
    <th scope="col" aria-sort={sort} class={column.isNumeric === true ? 'number' : undefined}>
      <button type="button" onClick={props.onClick}>
        {column.title}
        <span class="arrow" aria-hidden="true">
          {descending === undefined ? '' : descending ? '▼' : '▲'}
        </span>
      </button>
    </th>
  );
}

function textOf(key: SortKey): string {
  if (key === undefined) return '';
  if (typeof key === 'object') return formatCount(BigInt(key.int64));
  return typeof key === 'number' ? formatCount(key) : key;
}
