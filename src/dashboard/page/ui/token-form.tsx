import type { JSX } from 'preact';
import { useState } from 'preact/hooks';

/** Asks for the token; `wasRefused`: the one that was given is wrong. */
export function TokenForm(props: {
  readonly wasRefused: boolean;
  readonly onToken: (token: string) => void;
}): JSX.Element {
  const [token, setToken] = useState('');
  return (
    <main class="token" id="content">
      <h1>stap dashboard</h1>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (token.trim() !== '') props.onToken(token.trim());
        }}
      >
        {props.wasRefused && (
          <p class="problem" role="alert">
            The server does not accept this token. It makes a new one at each start, unless it was started
            with --token-file.
          </p>
        )}
        <label for="token">Token</label>
        <input
          id="token"
          type="password"
          autocomplete="off"
          required
          value={token}
          onInput={(event) => setToken(event.currentTarget.value)}
        />
        <p class="hint">
          It is in the address that <code>stap --dashboard</code> printed, behind <code>#token=</code>.
        </p>
        <button type="submit" class="primary">
          Open
        </button>
      </form>
    </main>
  );
}
