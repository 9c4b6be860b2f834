import type { JSX } from 'preact';
import type { StatisticDescription } from '../../../control/protocol.ts';
import type { ApiGlobal, ApiValue } from '../../api.ts';
import { formatCount } from '../number-format.ts';
import { Histogram, statisticText } from './histogram.tsx';
import { usePage } from './page-context.ts';
import { Sparkline } from './sparkline.tsx';

/** A value as a statistic; undefined for others. */
export function statisticOf(value: ApiValue | undefined): StatisticDescription | undefined {
  return typeof value === 'object' && 'count' in value ? value : undefined;
}

/** A statistic: its figures and its histogram. */
export function StatisticPanel(props: { readonly statistic: ApiGlobal }): JSX.Element {
  const { session } = usePage();
  const { name, documentation, value } = props.statistic;
  const statistic = statisticOf(value) ?? { count: 0 };
  return (
    <section class="panel" aria-label={`Statistic ${name}`}>
      <h2>
        <code>{name}</code> <span class="badge">statistic</span>
      </h2>
      {documentation !== undefined && <p class="hint documentation">{documentation}</p>}
      <dl class="facts">
        <div>
          <dt>Count</dt>
          <dd>
            {formatCount(statistic.count)} <Sparkline points={session.history.points(name, 120)} />
          </dd>
        </div>
        {(['sum', 'min', 'avg', 'max'] as const).map((figure) => (
          <div key={figure}>
            <dt>{figure}</dt>
            <dd>{statisticText(statistic[figure])}</dd>
          </div>
        ))}
      </dl>
      {statistic.histogram === undefined ? (
        <p class="hint">The script makes no histogram of it (@hist_log, @hist_linear).</p>
      ) : (
        <Histogram name={name} statistic={statistic} />
      )}
    </section>
  );
}
