import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { WebProblem } from './route.ts';

/** Names by which a server is reached. */
export interface ServedHosts {
  /** What it listens on. */
  readonly host: string;
  /** Other names of this machine that are fine when it listens on all its addresses. */
  readonly machineNames: readonly string[];
  readonly port: number;
  /** Every name is fine. */
  readonly isAnyHost?: boolean;
}

/** Headers that mean something else when they come twice. */
const SINGLE_HEADERS: ReadonlySet<string> = new Set([
  'host',
  'authorization',
  'origin',
  'content-type',
  'content-length',
  'last-event-id',
]);

/**
 * Why a request is refused, whatever it asks for; undefined when it may go on. A page of another origin must neither
 * read nor change anything, also when the name of that origin is made to mean this machine (DNS rebinding).
 */
export function requestProblem(incoming: IncomingMessage, served: ServedHosts): WebProblem | undefined {
  const { url = '', headers, rawHeaders } = incoming;
  const repeated = repeatedHeader(rawHeaders);
  if (repeated !== undefined)
    return new WebProblem(400, 'bad-request', `The header ${repeated} is there more than once`);
  // Clients of HTTP/1.0 need not say it; no browser is one.
  const needsNoHost = incoming.httpVersion === '1.0' && headers.host === undefined;
  if (!needsNoHost && !isAllowedHost(headers.host, served))
    return new WebProblem(421, 'wrong-host', 'This server does not answer under the name in the header Host');
  const { origin } = headers;
  if (origin !== undefined && !isOwnOrigin(origin, headers.host ?? ''))
    return new WebProblem(403, 'cross-origin', 'Pages of other origins may not use this server');
  const site = headers['sec-fetch-site'];
  if (site === 'cross-site' || site === 'same-site')
    return new WebProblem(403, 'cross-origin', 'Pages of other origins may not use this server');
  if (!isPath(url)) return new WebProblem(400, 'bad-request', 'The address of the request is malformed');
  return undefined;
}

/** Whether the header Host names this server. */
export function isAllowedHost(header: string | undefined, served: ServedHosts): boolean {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::(\d{1,5}))?$/i.exec(header ?? '');
  if (match === null) return false;
  if (served.isAnyHost === true) return true;
  const [, name = '', port = '80'] = match;
  if (Number(port) !== served.port) return false;
  const bare = name.replace(/^\[|\]$/g, '').toLowerCase();
  if (['localhost', '127.0.0.1', '::1', served.host.toLowerCase()].includes(bare)) return true;
  if (!isWildcard(served.host)) return false;
  // A number cannot be made to mean something else.
  return isIP(bare) !== 0 || served.machineNames.some((own) => own.toLowerCase() === bare);
}

function isWildcard(host: string): boolean {
  return host === '' || host === '0.0.0.0' || /^[0:]+$/.test(host);
}

/** The origin that the browser got the page from must be the one it asks now, which was checked before. */
function isOwnOrigin(origin: string, host: string): boolean {
  return origin.toLowerCase() === `http://${host.toLowerCase()}`;
}

function repeatedHeader(rawHeaders: readonly string[]): string | undefined {
  const seen = new Set<string>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase();
    if (!SINGLE_HEADERS.has(name)) continue;
    if (seen.has(name)) return name;
    seen.add(name);
  }
  return undefined;
}

/** A path of this server: no other server's, percent signs that mean UTF-8, no byte 0. */
function isPath(url: string): boolean {
  if (!url.startsWith('/') || url.startsWith('//')) return url === '*';
  if (/[\x00-\x20\x7f-\uffff\\]/.test(url)) return false;
  try {
    return !decodeURIComponent(url.split('?', 1)[0] ?? '').includes('\0');
  } catch {
    return false;
  }
}
