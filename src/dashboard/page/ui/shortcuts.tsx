import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { Dialog } from './dialog.tsx';

const KEY = 'stap-shortcuts';

/** Keys of the page; those of one letter can be switched off, as other programs (speech input) may use them. */
const SHORTCUTS: readonly (readonly [string, string])[] = [
  ['1 … 5', 'sections of the module'],
  ['/', 'search in the section'],
  ['p', 'stop or go on scrolling the output'],
  ['r', 'reload the script'],
  ['t', 'light, dark, or as the system'],
  ['?', 'this list'],
  ['← → Home End', 'between the sections, on a tab'],
  ['Escape', 'close a dialog, leave a change'],
];

/** Whether keys of one letter do something. */
export function hasShortcuts(): boolean {
  try {
    return localStorage.getItem(KEY) !== 'off';
  } catch {
    return true;
  }
}

/** Calls `onKey` for keys that are pressed outside of fields. */
export function useShortcuts(onKey: (key: string) => boolean): void {
  useEffect(() => {
    const listener = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
      const { target } = event;
      const isTyping =
        target instanceof HTMLElement && target.closest('input, textarea, select, dialog') !== null;
      if (isTyping || !hasShortcuts()) return;
      if (onKey(event.key)) event.preventDefault();
    };
    document.addEventListener('keydown', listener);
    return () => document.removeEventListener('keydown', listener);
  });
}

/** Puts the cursor into the search field of the section. */
export function focusSearch(): boolean {
  const field = document.querySelector<HTMLInputElement>('[role="tabpanel"] input[type="search"]');
  field?.focus();
  return field !== null;
}

/** The list of keys. */
export function ShortcutDialog(props: { readonly onClose: () => void }): JSX.Element {
  return (
    <Dialog title="Keys" onClose={props.onClose}>
      <dl class="keys">
        {SHORTCUTS.map(([keys, text]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <label class="check">
        <input
          type="checkbox"
          defaultChecked={hasShortcuts()}
          onChange={(event) => {
            try {
              localStorage.setItem(KEY, event.currentTarget.checked ? 'on' : 'off');
            } catch {
              // A browser without storage has them on.
            }
          }}
        />
        Keys of one letter or digit
      </label>
      <div class="buttons">
        <button type="button" onClick={props.onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
