import type { JSX } from 'preact';
import type { ApiGlobal } from '../../api.ts';
import { formatCount, formatValue } from '../number-format.ts';
import type { SortKey } from '../row-order.ts';
import { DataTable, type Column } from './data-table.tsx';
import { SmallHistogram, statisticText } from './histogram.tsx';
import { statisticOf } from './statistic-panel.tsx';

type Element = NonNullable<ApiGlobal['elements']>[number];

/** An array as a table: a column for each key, then the value. */
export function ArrayTable(props: { readonly array: ApiGlobal }): JSX.Element {
  const { name, documentation, elements = [], size = elements.length } = props.array;
  return (
    <section>
      <h2>
        <code>{name}</code> <span class="badge">array</span>{' '}
        <span class="hint">{size === 1 ? '1 element' : `${formatCount(size)} elements`}</span>
      </h2>
      {documentation !== undefined && <p class="hint documentation">{documentation}</p>}
      {elements.length > 0 && (
        <DataTable
          caption={`Array ${name}`}
          columns={[...keyColumns(props.array), ...valueColumns(props.array)]}
          rows={elements}
          rowKey={({ keys }) => JSON.stringify(keys)}
          size={size}
        />
      )}
    </section>
  );
}

function keyColumns({ keyTypes, keyNames }: ApiGlobal): Column<Element>[] {
  return keyTypes.map((type, index) => ({
    title: keyNames[index] ?? `key ${index + 1}`,
    // Numbers that are keys are names: process ids have no groups of digits.
    isNumeric: type === 'long',
    key: ({ keys }) => keys[index],
    cell: ({ keys }) => keyText(keys[index]),
  }));
}

function keyText(key: SortKey): string {
  return typeof key === 'object' ? key.int64 : String(key ?? '');
}

function valueColumns({ type }: ApiGlobal): Column<Element>[] {
  if (type !== 'stats')
    return [
      {
        title: 'value',
        isNumeric: type === 'long',
        key: ({ value }) => value as SortKey,
        cell: ({ value }) => formatValue(value),
      },
    ];
  return [
    ...(['count', 'sum', 'min', 'avg', 'max'] as const).map((figure) => ({
      title: figure,
      isNumeric: true,
      key: ({ value }: Element) => statisticOf(value)?.[figure] as SortKey,
      cell: ({ value }: Element) => statisticText(statisticOf(value)?.[figure]),
    })),
    {
      title: 'histogram',
      key: () => undefined,
      cell: ({ value }: Element) => <SmallHistogram statistic={statisticOf(value) ?? { count: 0 }} />,
    },
  ];
}
