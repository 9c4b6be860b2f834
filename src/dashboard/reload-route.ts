import { textOfBytes } from '../monitor/byte-text.ts';
import { jsonAnswer, WebProblem, type Route, type WebAnswer } from '../web/route.ts';
import type { ApiReload } from './api.ts';
import type { CompileScript } from './dashboard-options.ts';
import type { ModuleFeed } from './module-feed.ts';
import type { ModuleFeeds } from './module-feeds.ts';
import { askFeed } from './steering.ts';
import { textRecords } from './text-records.ts';

/** Begin probes of the new script run before the answer. */
const RELOAD_MS = 60_000;

/** Compiles the script of a module anew and lets it take over. */
export function reloadRoute(compileScript: CompileScript, feeds: ModuleFeeds): Route {
  const underWay = new Set<ModuleFeed>();
  return {
    method: 'POST',
    path: '/api/v1/modules/:name/reload',
    access: 'token',
    async answer(request) {
      const feed = feeds.feed(request.parameter('name'));
      if (underWay.has(feed)) throw new WebProblem(409, 'busy', 'The module is being reloaded');
      underWay.add(feed);
      try {
        return await reload(feed, compileScript);
      } finally {
        underWay.delete(feed);
      }
    },
  };
}

async function reload(feed: ModuleFeed, compileScript: CompileScript): Promise<WebAnswer> {
  const { options, scriptArguments } = await feed.describe();
  const outcome = await compileScript({ module: feed.listed, options, scriptArguments });
  switch (outcome.kind) {
    case 'impossible':
      throw new WebProblem(409, 'not-possible', outcome.text);
    case 'wrong':
      throw new WebProblem(422, 'wrong-script', 'The script cannot be compiled; the old one goes on', {
        facts: { diagnostics: outcome.diagnostics },
      });
    case 'compiled': {
      const { module, script } = outcome;
      const facts = await askFeed(feed, { op: 'reload', module, script, scriptArguments }, RELOAD_MS);
      return jsonAnswer({
        kept: texts(facts['kept']),
        dropped: textRecords(facts['dropped'], ['name', 'reason']),
      } satisfies ApiReload);
    }
  }
}

function texts(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return [];
  return value.filter((item) => typeof item === 'string').map(textOfBytes);
}
