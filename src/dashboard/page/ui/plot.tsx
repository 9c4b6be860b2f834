import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { formatCount, formatShort } from '../number-format.ts';
import type { Columns } from '../value-history.ts';
import { onThemeChange } from './theme.ts';

const HEIGHT = 220;
/** Lines differ by their dashes as well as by colour. */
const DASHES: readonly number[][] = [[], [8, 4], [2, 3], [10, 3, 2, 3]];
const COLOURS = 6;
/** Between marks of the time axis, seconds. */
const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600];

/** A plot of values over time, with a list of the series and their values at the cursor or at the end. */
export function Plot(props: {
  readonly title: string;
  readonly names: readonly string[];
  readonly columns: Columns;
  /** Of the values, for the axis. */
  readonly unit: string;
}): JSX.Element {
  const { names, columns } = props;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const [cursor, setCursor] = useState<number | null>();
  const [theme, setTheme] = useState(0);
  const newest = useRef(columns);
  newest.current = columns;
  useEffect(() => onThemeChange(() => setTheme((count) => count + 1)), []);
  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const made = new uPlot(
      plotOptions(element, names, props.unit, setCursor),
      aligned(newest.current),
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [names.join('\n'), props.unit, theme]);
  useEffect(() => plot.current?.setData(aligned(columns)), [columns]);
  const times = columns[0] ?? [];
  const index = cursor ?? times.length - 1;
  return (
    <figure class="plot">
      <figcaption>
        <span>{props.title}</span>
        <span class="hint">{timeText(times[index])}</span>
      </figcaption>
      <ul class="legend">
        {names.map((name, series) => (
          <li key={name}>
            <Swatch series={series} /> {name}{' '}
            <b data-series={name}>{valueText(columns[series + 1]?.[index])}</b>
          </li>
        ))}
      </ul>
      <div ref={place} class="canvas" role="img" aria-label={describe(props.title, names, columns)} />
    </figure>
  );
}

/** How a series is drawn. */
function Swatch(props: { readonly series: number }): JSX.Element {
  const dash = DASHES[Math.floor(props.series / COLOURS) % DASHES.length] ?? [];
  return (
    <svg class={`swatch series-${props.series % COLOURS}`} viewBox="0 0 20 8" aria-hidden="true">
      <line x1="0" y1="4" x2="20" y2="4" stroke-dasharray={dash.join(' ')} />
    </svg>
  );
}

function plotOptions(
  element: HTMLElement,
  names: readonly string[],
  unit: string,
  onCursor: (index: number | null | undefined) => void,
): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const axis = {
    stroke: colour('--muted'),
    font: `12px ${style.fontFamily}`,
    labelFont: `12px ${style.fontFamily}`,
    labelGap: 0,
    labelSize: 18,
    grid: { stroke: colour('--grid'), width: 1 },
    ticks: { stroke: colour('--grid'), width: 1, size: 4 },
  };
  return {
    width: element.clientWidth || 300,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false } },
    axes: [
      {
        ...axis,
        label: 'time',
        size: 28,
        space: 70,
        incrs: TIME_STEPS,
        values: (_, splits) => splits.map(timeText),
      },
      { ...axis, label: unit, size: 58, values: (_, splits) => splits.map(formatShort) },
    ],
    series: [
      {},
      ...names.map((name, index) => ({
        label: name,
        stroke: colour(`--series-${index % COLOURS}`),
        width: 2,
        dash: DASHES[Math.floor(index / COLOURS) % DASHES.length] ?? [],
        points: { show: false },
      })),
    ],
    hooks: { setCursor: [(made) => onCursor(made.cursor.idx)] },
  };
}

function aligned(columns: Columns): uPlot.AlignedData {
  return columns as unknown as uPlot.AlignedData;
}

function timeText(seconds: number | null | undefined): string {
  return seconds == null ? '' : new Date(seconds * 1000).toLocaleTimeString('en-GB');
}

function valueText(value: number | null | undefined): string {
  return value == null ? '–' : formatCount(value);
}

/** The plot in words. */
function describe(title: string, names: readonly string[], columns: Columns): string {
  const texts = names.map((name, index) => {
    const values = (columns[index + 1] ?? []).filter((value) => value !== null);
    if (values.length === 0) return `${name}: nothing yet`;
    const [least, most] = [Math.min(...values), Math.max(...values)];
    return `${name}: ${valueText(values.at(-1))}, between ${valueText(least)} and ${valueText(most)}`;
  });
  return `Plot of ${title}. ${texts.join('. ')}`;
}
