export type Theme = 'system' | 'light' | 'dark';

const KEY = 'stap-theme';
const THEMES: readonly Theme[] = ['system', 'light', 'dark'];

/** What was chosen in this browser. */
export function storedTheme(): Theme {
  try {
    return THEMES.find((theme) => theme === localStorage.getItem(KEY)) ?? 'system';
  } catch {
    return 'system';
  }
}

/** Shows the page in that theme, and keeps the choice. */
export function applyTheme(theme: Theme): void {
  showTheme(theme);
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // A browser without storage forgets it.
  }
}

/** Shows the page in the theme that was chosen, and from now on follows the system where none was. */
export function startTheme(): void {
  showTheme(storedTheme());
  darkSystem().addEventListener('change', () => showTheme(storedTheme()));
}

function showTheme(theme: Theme): void {
  const shown = theme !== 'system' ? theme : darkSystem().matches ? 'dark' : 'light';
  document.documentElement.dataset['theme'] = shown;
}

function darkSystem(): MediaQueryList {
  return matchMedia('(prefers-color-scheme: dark)');
}

/** The theme after this one. */
export function nextTheme(theme: Theme): Theme {
  return THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system';
}

/** Calls the listener when colours change, by choice or by the system; the returned function ends that. */
export function onThemeChange(listener: () => void): () => void {
  const observer = new MutationObserver(listener);
  observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  return () => observer.disconnect();
}
