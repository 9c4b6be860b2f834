import { bytesOfText, textOfBytes } from '../monitor/byte-text.ts';
import { jsonAnswer, WebProblem, type Route, type WebAnswer, type WebRequest } from '../web/route.ts';
import type { ApiInfo, ApiSource } from './api.ts';
import { apiGlobals, apiModuleState } from './api-module.ts';
import type { DashboardOptions } from './dashboard-options.ts';
import type { ModuleFeeds } from './module-feeds.ts';
import { reloadRoute } from './reload-route.ts';
import { assignmentOf, switchOf } from './request-bodies.ts';
import { askFeed, switchAll } from './steering.ts';
import { textRecords } from './text-records.ts';

/** Files that one event stream may watch. */
export const MAX_WATCHED_FILES = 16;
const MODULE = '/api/v1/modules/:name';
const NO_CONTENT: WebAnswer = { status: 204 };

/** The routes of docs/http-api.md below /api. */
export function apiRoutes(options: DashboardOptions, feeds: ModuleFeeds): readonly Route[] {
  const changes = [...changingRoutes(feeds), reloadRoute(options.compileScript, feeds)];
  return [
    ...readingRoutes(options, feeds),
    ...(options.readOnly ? changes.map((route) => ({ ...route, answer: refuseChange })) : changes),
  ];
}

function refuseChange(): never {
  throw new WebProblem(403, 'read-only', 'This server only shows: it was started with --read-only');
}

function readingRoutes(options: DashboardOptions, feeds: ModuleFeeds): readonly Route[] {
  const { version, readOnly, onlyModule } = options;
  const info: ApiInfo = {
    version,
    readOnly,
    ...(onlyModule !== undefined && { module: textOfBytes(onlyModule) }),
  };
  const get = (path: string, answer: Route['answer']): Route => ({
    method: 'GET',
    path,
    access: 'token',
    answer,
  });
  return [
    get('/api/v1', () => jsonAnswer(info)),
    get('/api/v1/modules', () => jsonAnswer(feeds.list())),
    get(MODULE, async (request) => {
      const feed = feeds.feed(request.parameter('name'));
      return jsonAnswer(apiModuleState(feed.listed, await feed.describe()));
    }),
    get(`${MODULE}/globals`, async (request) => {
      return jsonAnswer(apiGlobals(await feeds.feed(request.parameter('name')).describe()));
    }),
    get(`${MODULE}/globals/:global`, async (request) => {
      const globals = apiGlobals(await feeds.feed(request.parameter('name')).describe());
      const found = globals.find(({ name }) => name === request.parameter('global'));
      if (found === undefined)
        throw new WebProblem(404, 'unknown-global', 'There is no such global variable');
      return jsonAnswer(found);
    }),
    get(`${MODULE}/history`, (request) => jsonAnswer(feeds.history(request.parameter('name')))),
    get(`${MODULE}/files/:path{[^]+}`, async (request) => {
      const content = await feeds.feed(request.parameter('name')).readFile(request.parameter('path'));
      const text = textOfBytes(content.toString('latin1'));
      return { status: 200, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body: text };
    }),
    get(`${MODULE}/source`, async (request) => {
      const reply = await askFeed(feeds.feed(request.parameter('name')), { op: 'source' });
      return jsonAnswer(textRecords(reply['sources'], ['name', 'text']) satisfies readonly ApiSource[]);
    }),
    get(`${MODULE}/output`, (request) => {
      const feed = feeds.feed(request.parameter('name'));
      return jsonAnswer(feed.output(lineId(request.query.get('after'))));
    }),
    get('/api/v1/events', (request) => openEvents(request, feeds)),
  ];
}

function openEvents(request: WebRequest, feeds: ModuleFeeds): WebAnswer {
  const { query } = request;
  const files = [...new Set(query.getAll('file'))];
  const modules = query.getAll('module');
  if (files.length > MAX_WATCHED_FILES || modules.length > 1)
    throw new WebProblem(400, 'bad-request', `One module and ${MAX_WATCHED_FILES} files at most`);
  const [module] = modules;
  if (module === undefined && files.length > 0)
    throw new WebProblem(400, 'bad-request', 'Files are those of a module: which one?');
  const lastLine = lineId(request.header('last-event-id') ?? query.get('after'));
  return { stream: (stream) => feeds.subscribe(stream, { module, files, lastLine }) };
}

/** Ids are ours; anything else means that nothing was seen yet. */
function lineId(text: string | null): number {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : 0;
}

function changingRoutes(feeds: ModuleFeeds): readonly Route[] {
  const change = (
    method: Route['method'],
    path: string,
    make: (request: WebRequest) => Promise<WebAnswer>,
  ): Route => ({ method, path, access: 'token', answer: make });
  return [
    change('PUT', `${MODULE}/globals/:global`, async (request) => {
      const feed = feeds.feed(request.parameter('name'));
      const { keys = [], value } = assignmentOf(await request.json());
      await askFeed(feed, {
        op: 'set',
        name: bytesOfText(request.parameter('global')),
        keys: keys.map(bytesOfText),
        value: bytesOfText(value),
      });
      return NO_CONTENT;
    }),
    change('PUT', `${MODULE}/files/:path{[^]+}`, async (request) => {
      const feed = feeds.feed(request.parameter('name'));
      await feed.writeFile(request.parameter('path'), await request.body());
      return NO_CONTENT;
    }),
    change('PATCH', `${MODULE}/probes/:index{[0-9]+}`, async (request) => {
      const feed = feeds.feed(request.parameter('name'));
      const { on } = switchOf(await request.json());
      await askFeed(feed, { op: 'switch', probe: request.parameter('index'), on });
      return NO_CONTENT;
    }),
    change('POST', `${MODULE}/pause`, async (request) => {
      await switchAll(feeds.feed(request.parameter('name')), false);
      return NO_CONTENT;
    }),
    change('POST', `${MODULE}/resume`, async (request) => {
      await switchAll(feeds.feed(request.parameter('name')), true);
      return NO_CONTENT;
    }),
    change('POST', `${MODULE}/stop`, async (request) => {
      // Its terminal reads its output; who presses the button means that as well.
      await askFeed(feeds.feed(request.parameter('name')), { op: 'stop', force: true });
      return { status: 202 };
    }),
  ];
}
