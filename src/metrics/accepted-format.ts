/** The text formats that are spoken. */
export type TextFormat = 'prometheus-0.0.4' | 'openmetrics-1.0.0';

const OPENMETRICS = 'application/openmetrics-text';

/** The format that a client's header `Accept` asks for (RFC 9110, 12.5.1); Prometheus' own where it does not care. */
export function acceptedFormat(accept: string | undefined): TextFormat {
  const ranges = (accept ?? '').split(',').map(readRange);
  const openMetrics = ranges.filter(({ type, version }) => type === OPENMETRICS && speaks(version));
  const best = Math.max(0, ...openMetrics.map(({ quality }) => quality));
  if (best === 0) return 'prometheus-0.0.4';
  const plain = ranges.filter(({ type }) => type === 'text/plain').map(({ quality }) => quality);
  return best >= Math.max(0, ...plain) ? 'openmetrics-1.0.0' : 'prometheus-0.0.4';
}

/** Version 0.0.1 was a draft, which clients ask for beside the final one. */
function speaks(version: string | undefined): boolean {
  return version === undefined || version === '1.0.0';
}

function readRange(text: string): {
  readonly type: string;
  readonly version: string | undefined;
  readonly quality: number;
} {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim());
  const valueOf = (name: string): string | undefined =>
    parameters.find((parameter) => parameter.toLowerCase().startsWith(`${name}=`))?.slice(name.length + 1);
  const quality = Number(valueOf('q') ?? 1);
  return {
    type: type.toLowerCase(),
    version: valueOf('version')?.replace(/^"(.*)"$/, '$1'),
    quality: quality >= 0 && quality <= 1 ? quality : 0,
  };
}
