import type { HostAndPort } from '../web/listen-error.ts';

/** Where a server listens that gets a port but no host: nobody but users of this machine reaches it. */
const LOOPBACK = '127.0.0.1';
const MAX_PORT = 65535;

/** What is right, for messages about what is not. */
export const LISTEN_FORMS = 'give ADDR:PORT, [IPV6]:PORT, :PORT or PORT, as in 127.0.0.1:9901';

/**
 * The address that a text names: `ADDR:PORT`, `[IPV6]:PORT`, `:PORT` or `PORT`; without a host 127.0.0.1. Port 0 is any
 * that is free. Undefined when it is none of these.
 */
export function parseListenAddress(text: string): HostAndPort | undefined {
  const match = /^(?:(?:\[([0-9a-fA-F:.]+(?:%[\w.-]+)?)\]|([A-Za-z0-9._-]*)):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[3] ?? NaN);
  if (match === null || port > MAX_PORT) return undefined;
  const host = match[1] ?? match[2] ?? '';
  return { host: host === '' ? LOOPBACK : host, port };
}
