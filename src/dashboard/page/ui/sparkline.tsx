import type { JSX } from 'preact';

const WIDTH = 96;
const HEIGHT = 20;

/** The last minutes of a value as a small line; for the eye only, as the value is beside it. */
export function Sparkline(props: { readonly points: readonly (number | null)[] }): JSX.Element | null {
  const values = props.points.filter((point) => point !== null);
  if (values.length < 2) return null;
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const scale = most === least ? 0 : (HEIGHT - 4) / (most - least);
  const step = WIDTH / (values.length - 1);
  const line = values.map(
    (value, index) => `${(index * step).toFixed(1)},${(HEIGHT - 2 - (value - least) * scale).toFixed(1)}`,
  );
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <polyline points={line.join(' ')} />
    </svg>
  );
}
