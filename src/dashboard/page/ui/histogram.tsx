import type { JSX } from 'preact';
import type { StatisticDescription } from '../../../control/protocol.ts';
import { formatCount, integerOf } from '../number-format.ts';

/** Integers of the interface: those beyond 2^53 are objects there. */
type Integer = Parameters<typeof integerOf>[0];

/** A number of a statistic as text; `–` when there is none. */
export function statisticText(value: unknown): string {
  return value === undefined ? '–' : formatCount(integerOf(value as Integer));
}

/** A histogram as a table with bars. */
export function Histogram(props: {
  readonly name: string;
  readonly statistic: StatisticDescription;
}): JSX.Element | null {
  const { histogram } = props.statistic;
  if (histogram === undefined) return null;
  const most = Math.max(1, ...histogram.buckets.map(({ count }) => count));
  return (
    <div class="scroll" role="region" aria-label={`Histogram of ${props.name}`} tabIndex={0}>
      <table class="histogram">
        <thead>
          <tr>
            <th scope="col" class="number">
              value
            </th>
            <th scope="col">
              <span class="unseen">share</span>
            </th>
            <th scope="col" class="number">
              count
            </th>
          </tr>
        </thead>
        <tbody>
          {histogram.buckets.map((bucket, index) => (
            <tr key={index}>
              <th scope="row" class="number">
                {rangeText(bucket.low, bucket.high)}
              </th>
              <td class="bar-cell">
                <div class="bar" style={{ width: `${(bucket.count / most) * 100}%` }} />
              </td>
              <td class="number">{formatCount(bucket.count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A histogram as a few bars in a line, for tables. */
export function SmallHistogram(props: { readonly statistic: StatisticDescription }): JSX.Element | null {
  const buckets = props.statistic.histogram?.buckets ?? [];
  if (buckets.length === 0) return null;
  const most = Math.max(1, ...buckets.map(({ count }) => count));
  const width = 96 / buckets.length;
  return (
    <svg class="small-histogram" viewBox="0 0 96 20" preserveAspectRatio="none" aria-hidden="true">
      {buckets.map(({ count }, index) => (
        <rect
          key={index}
          x={index * width}
          width={Math.max(width - 1, 0.5)}
          y={20 - (count / most) * 20}
          height={(count / most) * 20}
        />
      ))}
    </svg>
  );
}

function rangeText(low: unknown, high: unknown): string {
  if (low === undefined) return `≤ ${statisticText(high)}`;
  if (high === undefined) return `≥ ${statisticText(low)}`;
  const [from, to] = [statisticText(low), statisticText(high)];
  return from === to ? from : `${from} … ${to}`;
}
