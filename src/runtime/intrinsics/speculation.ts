import type { Int64 } from '../../int64/int64.ts';
import type { HandlerContext } from '../handler-context.ts';

/** Texts kept back; the oldest are dropped beyond that number. */
const TEXTS_MAX = 2048;

interface Speculations {
  lastId: number;
  readonly texts: { readonly id: Int64; readonly text: string }[];
}

function speculations(context: HandlerContext): Speculations {
  return context.store<Speculations>('speculation', () => ({ lastId: 0, texts: [] }));
}

/** Removes and returns what was kept back under that id. */
function take(context: HandlerContext, id: Int64): string {
  const { texts } = speculations(context);
  const taken = texts.filter((entry) => entry.id === id);
  const kept = texts.filter((entry) => entry.id !== id);
  texts.splice(0, texts.length, ...kept);
  return taken.map((entry) => entry.text).join('');
}

/** Output that is decided on later; stapfuncs(3stap), SPECULATIVE OUTPUT. */
export const speculationFunctions = {
  /** A new id, 1, 2, … */
  speculation: (context: HandlerContext): Int64 => {
    const state = speculations(context);
    state.lastId += 1;
    return state.lastId;
  },

  speculate: (context: HandlerContext, id: Int64, text: string): undefined => {
    const { texts } = speculations(context);
    texts.push({ id, text });
    if (texts.length > TEXTS_MAX) texts.shift();
  },

  commit: (context: HandlerContext, id: Int64): undefined => {
    context.print(take(context, id));
  },

  discard: (context: HandlerContext, id: Int64): undefined => {
    take(context, id);
  },
};
