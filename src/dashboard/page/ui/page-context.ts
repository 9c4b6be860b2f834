import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import { ApiFailure } from './api-client.ts';
import type { LiveSession } from './live-session.ts';

/** What all parts of the page need. */
export interface PageContext {
  readonly session: LiveSession;
  /** The module that is shown. */
  readonly module: string;
  readonly readOnly: boolean;
  /** Tells the user, on the screen and to a screen reader. */
  readonly say: (kind: 'done' | 'failed', text: string) => void;
}

/** Given by the application to everything in it. */
export const Page = createContext<PageContext | undefined>(undefined);

/** The page's context, inside it. */
export function usePage(): PageContext {
  const page = useContext(Page);
  if (page === undefined) throw new Error('outside of the page');
  return page;
}

/** Renders anew when the session has something new. */
export function useSession(session: LiveSession): void {
  const [, setCount] = useState(0);
  useEffect(() => session.subscribe(() => setCount((count) => count + 1)), [session]);
}

/** Renders anew after every `intervalMs`. */
export function useTick(intervalMs: number): void {
  const [, setCount] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setCount((count) => count + 1), intervalMs);
    return () => clearInterval(timer);
  }, [intervalMs]);
}

/** A function that does something, and tells what became of it; it returns whether that was done. */
export function useAction(): (done: string | undefined, action: () => Promise<unknown>) => Promise<boolean> {
  const { say, session } = usePage();
  return async (done, action) => {
    try {
      await action();
      if (done !== undefined) say('done', done);
      void session.refresh();
      return true;
    } catch (error) {
      say('failed', failureText(error));
      return false;
    }
  };
}

/** Why a request was not done, for people. */
export function failureText(error: unknown): string {
  if (!(error instanceof ApiFailure)) return String(error);
  return error.status === 0 ? `The server cannot be reached (${error.message}).` : error.message;
}
