import { render } from 'preact';
import { tokenIn } from '../route.ts';
import { App } from './app.tsx';
import { startTheme } from './theme.ts';
import { keepToken, storedToken } from './token-store.ts';

/** The token leaves the address at once: addresses are kept in histories, copied and shown. */
const brought = tokenIn(location.hash);
if (brought !== undefined) {
  keepToken(brought);
  history.replaceState(null, '', location.pathname);
}
startTheme();
const place = document.getElementById('page');
if (place !== null) render(<App token={storedToken()} />, place);
