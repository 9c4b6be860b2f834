import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import type { Route } from '../web/route.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.map': 'application/json',
};
/** Files named for their content: `main-5b84d3bb.js`. */
const HASHED = /[.-][0-9A-Za-z_]{8,}\.[a-z0-9]+$/;

/**
 * The files of the page, read once; `index.html` is at `/`. Nobody needs a token for them: they hold no secret, and the
 * page gets its token from the part of its address that is never sent.
 */
export async function pageRoutes(directory: string): Promise<readonly Route[]> {
  const routes: Route[] = [];
  for (const path of await readdir(directory, { recursive: true })) {
    const type = TYPES[extname(path)];
    // What else lies there is not for the page, and no character of a pattern gets into one.
    if (type === undefined || !/^[\w./-]+$/.test(path)) continue;
    const answer = answerWith(pageFile(await readFile(`${directory}/${path}`), path, type));
    for (const place of path === 'index.html' ? ['/', '/index.html'] : [`/${path}`])
      routes.push({ method: 'GET', path: place, access: 'everybody', answer });
  }
  return routes;
}

function answerWith({ headers, content }: PageFile): Route['answer'] {
  return (request) =>
    request.header('if-none-match') === headers.ETag
      ? { status: 304, headers }
      : { status: 200, headers, body: content };
}

interface PageFile {
  readonly headers: Readonly<Record<string, string>> & { readonly ETag: string };
  readonly content: Buffer;
}

function pageFile(content: Buffer, path: string, type: string): PageFile {
  const etag = `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`;
  const caching = HASHED.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache';
  return { headers: { 'Content-Type': type, ETag: etag, 'Cache-Control': caching }, content };
}
