import type { JSX } from 'preact';
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { fragmentOf, routeOf, SECTIONS, tokenIn, type Route } from '../route.ts';
import { ApiClient } from './api-client.ts';
import { LiveSession } from './live-session.ts';
import { ModuleList } from './module-list.tsx';
import { ModulePage } from './module-page.tsx';
import { Notices, type Notice } from './notices.tsx';
import { Page, useSession } from './page-context.ts';
import { focusSearch, ShortcutDialog, useShortcuts } from './shortcuts.tsx';
import { applyTheme, nextTheme, storedTheme } from './theme.ts';
import { TokenForm } from './token-form.tsx';
import { keepToken } from './token-store.ts';
import { TopBar } from './top-bar.tsx';

/** What was done is told for so long. */
const NOTICE_MS = 5000;

/** The page, or the question for a token. */
export function App(props: { readonly token: string | undefined }): JSX.Element {
  const [token, setToken] = useState(props.token);
  const [wasRefused, setRefused] = useState(false);
  useEffect(() => {
    const onHash = (): void => {
      const brought = tokenIn(location.hash);
      if (brought === undefined) return;
      history.replaceState(null, '', location.pathname);
      keepToken(brought);
      setToken(brought);
    };
    addEventListener('hashchange', onHash);
    return () => removeEventListener('hashchange', onHash);
  }, []);
  const onRefused = useCallback(() => {
    keepToken(undefined);
    setToken(undefined);
    setRefused(true);
  }, []);
  if (token !== undefined) return <Console key={token} token={token} onRefused={onRefused} />;
  return (
    <TokenForm
      wasRefused={wasRefused}
      onToken={(given) => {
        keepToken(given);
        setToken(given);
      }}
    />
  );
}

function useRoute(): [Route, (route: Route) => void] {
  const [route, setRoute] = useState(() => routeOf(location.hash));
  useEffect(() => {
    const onHash = (): void => setRoute(routeOf(location.hash));
    addEventListener('hashchange', onHash);
    return () => removeEventListener('hashchange', onHash);
  }, []);
  return [route, (wanted) => (location.hash = fragmentOf(wanted))];
}

function useNotice(): [Notice | undefined, (kind: Notice['kind'], text: string) => void, () => void] {
  const [notice, setNotice] = useState<Notice>();
  const count = useRef(0);
  const say = useCallback(
    (kind: Notice['kind'], text: string) => setNotice({ kind, text, number: count.current++ }),
    [],
  );
  useEffect(() => {
    if (notice?.kind !== 'done') return undefined;
    const timer = setTimeout(() => setNotice(undefined), NOTICE_MS);
    return () => clearTimeout(timer);
  }, [notice]);
  return [notice, say, () => setNotice(undefined)];
}

/** A session for the module of the route; the one of a server for one module serves whatever the route says. */
function useLiveSession(token: string, module: string | undefined): LiveSession {
  const kept = useRef<LiveSession | undefined>(undefined);
  const before = kept.current;
  const session =
    before !== undefined && (before.info?.module !== undefined || before.moduleName === module)
      ? before
      : new LiveSession(new ApiClient(token), module, before);
  kept.current = session;
  useEffect(() => {
    session.open();
    return () => session.close();
  }, [session]);
  useSession(session);
  return session;
}

function Console(props: { readonly token: string; readonly onRefused: () => void }): JSX.Element {
  const [route, go] = useRoute();
  const session = useLiveSession(props.token, route.module);
  const [notice, say, closeNotice] = useNotice();
  const [theme, setTheme] = useState(storedTheme);
  const [showsKeys, setShowsKeys] = useState(false);
  const module = session.moduleName;
  // Not the state: keys may come faster than the page is drawn.
  const chosenTheme = useRef(theme);
  const changeTheme = (): void => {
    chosenTheme.current = nextTheme(chosenTheme.current);
    applyTheme(chosenTheme.current);
    setTheme(chosenTheme.current);
  };
  useEffect(() => {
    if (session.connection === 'refused') props.onRefused();
  }, [session.connection]);
  useEffect(() => {
    document.title = module === undefined ? 'stap dashboard' : `${module} – stap dashboard`;
  }, [module]);
  useShortcuts((key) => {
    const section = SECTIONS[Number(key) - 1];
    if (section !== undefined && module !== undefined) go({ module, section, file: undefined });
    else if (key === 't') changeTheme();
    else if (key === '?') setShowsKeys(true);
    else if (key === '/') return focusSearch();
    else if (key === 'p' || key === 'r') return press(key);
    else return false;
    return true;
  });
  const page = useMemo(
    () => ({ session, module: module ?? '', readOnly: session.info?.readOnly ?? true, say }),
    [session, module, session.info, say],
  );
  const isSingle = session.info?.module !== undefined;
  return (
    <Page.Provider value={page}>
      <a
        class="skip"
        href="#content"
        onClick={(event) => {
          event.preventDefault();
          document.getElementById('content')?.focus();
        }}
      >
        Skip to the content
      </a>
      <TopBar theme={theme} onTheme={changeTheme} onKeys={() => setShowsKeys(true)} />
      <div class={isSingle ? 'body' : 'body with-list'}>
        {!isSingle && session.info !== undefined && <ModuleList selected={module} />}
        <main id="content" tabIndex={-1}>
          {module === undefined ? <Welcome /> : <ModulePage route={route} go={go} />}
        </main>
      </div>
      <Notices notice={notice} onClose={closeNotice} />
      {showsKeys && <ShortcutDialog onClose={() => setShowsKeys(false)} />}
    </Page.Provider>
  );
}

function Welcome(): JSX.Element {
  return (
    <div class="empty">
      <h1>Modules</h1>
      <p>Choose a running module from the list.</p>
    </div>
  );
}

/** Presses the button that has this key, when it is there. */
function press(key: string): boolean {
  const button = document.querySelector<HTMLButtonElement>(
    `button[aria-keyshortcuts="${key}"]:not(:disabled)`,
  );
  button?.click();
  return button !== null;
}
