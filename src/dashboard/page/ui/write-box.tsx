import type { JSX } from 'preact';
import { useId, useState } from 'preact/hooks';
import { modulePath } from './api-client.ts';
import { useAction, usePage } from './page-context.ts';

/** A line to send, which gets a newline at its end as by echo, or several lines, sent as they are in one write. */
export function WriteBox(props: { readonly path: string; readonly onWritten: () => void }): JSX.Element {
  const { session, module } = usePage();
  const act = useAction();
  const [text, setText] = useState('');
  const [hasLines, setHasLines] = useState(false);
  const id = useId();
  const send = async (): Promise<void> => {
    const body = hasLines ? text : `${text}\n`;
    const path = modulePath(module, 'files', ...props.path.split('/'));
    const isDone = await act(`Written to ${props.path}.`, () =>
      session.client.fetch(path, { method: 'PUT', body }),
    );
    if (!isDone) return;
    if (!hasLines) setText('');
    props.onWritten();
  };
  const field = {
    id,
    value: text,
    spellcheck: false,
    autocomplete: 'off',
    onInput: (event: { readonly currentTarget: { readonly value: string } }) =>
      setText(event.currentTarget.value),
  };
  return (
    <form
      class="write"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <label for={id}>Write to {props.path}</label>
      <div class="inline">
        {hasLines ? (
          <textarea
            {...field}
            rows={5}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && event.ctrlKey) void send();
            }}
          />
        ) : (
          <input {...field} />
        )}
        <button type="submit" class="primary">
          Send
        </button>
      </div>
      <label class="check">
        <input
          type="checkbox"
          checked={hasLines}
          onChange={(event) => setHasLines(event.currentTarget.checked)}
        />
        Several lines, sent as they are (Ctrl+Enter sends)
      </label>
    </form>
  );
}
