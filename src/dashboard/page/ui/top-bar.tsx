import type { JSX } from 'preact';
import type { Connection } from './live-session.ts';
import { usePage } from './page-context.ts';
import type { Theme } from './theme.ts';

const CONNECTION_TEXT: Readonly<Record<Connection, string>> = {
  connecting: 'Connecting …',
  live: 'Live',
  lost: 'Connection lost, trying again',
  refused: 'Refused',
};
const THEME_TEXT: Readonly<Record<Theme, string>> = { system: 'Auto', light: 'Light', dark: 'Dark' };

/** Name, state of the connection, theme, keys. */
export function TopBar(props: {
  readonly theme: Theme;
  readonly onTheme: () => void;
  readonly onKeys: () => void;
}): JSX.Element {
  const { session } = usePage();
  const { connection } = session;
  return (
    <header class="top-bar">
      <a class="brand" href="#/">
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d="M1 9h3l2.5-6 3.5 10 2-4h3" />
        </svg>
        stap
      </a>
      <span class="version">{session.info?.version}</span>
      {session.info?.readOnly === true && <span class="badge">read-only</span>}
      <div class="connection" data-connection={connection}>
        <span class="dot" aria-hidden="true" />
        <span role="status">{CONNECTION_TEXT[connection]}</span>
        {connection === 'lost' && (
          <button type="button" onClick={session.retryNow}>
            Try now
          </button>
        )}
      </div>
      <button type="button" onClick={props.onTheme} title="Light, dark, or as the system (t)">
        <span class="unseen">Theme: </span>
        {THEME_TEXT[props.theme]}
      </button>
      <button type="button" onClick={props.onKeys} title="Keys (?)" aria-label="Keys">
        ?
      </button>
    </header>
  );
}
