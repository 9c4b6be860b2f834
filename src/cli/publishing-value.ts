import type { CompanionRequest } from '../companion/companion-channel.ts';
import { LISTEN_FORMS, parseListenAddress } from '../companion/listen-address.ts';
import type { HostAndPort } from '../web/listen-error.ts';
import { UsageError } from './usage-error.ts';

const METRICS_ADDRESS = '127.0.0.1:9901';
const DASHBOARD_ADDRESS = '127.0.0.1:9902';

/** --metrics[=ADDR:PORT] */
export function parseMetricsAddress(text: string): HostAndPort {
  return parseAddress('--metrics', text === '' ? METRICS_ADDRESS : text);
}

/** --dashboard[=ADDR:PORT]; who asks for no port takes any. */
export function parseDashboardAddress(text: string): NonNullable<CompanionRequest['dashboard']> {
  return {
    ...parseAddress('--dashboard', text === '' ? DASHBOARD_ADDRESS : text),
    anyPort: text === '',
  };
}

function parseAddress(option: string, text: string): HostAndPort {
  const address = parseListenAddress(text);
  if (address === undefined)
    throw new UsageError(`Invalid address '${text}' for ${option}: ${LISTEN_FORMS}.`);
  return address;
}

/** --otlp=URL */
export function parseCollector(text: string): string {
  if (/^https?:\/\/[^/?#@]+[^?#@]*$/.test(text) && URL.canParse(text)) return text;
  throw new UsageError(
    `Invalid URL '${text}' for --otlp: give the base URL of a collector, as in http://localhost:4318.`,
  );
}
