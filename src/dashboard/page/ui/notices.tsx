import type { JSX } from 'preact';

export interface Notice {
  readonly kind: 'done' | 'failed';
  readonly text: string;
  readonly number: number;
}

/** What was done goes away by itself; what failed stays until it is closed. Both are read out by screen readers. */
export function Notices(props: {
  readonly notice: Notice | undefined;
  readonly onClose: () => void;
}): JSX.Element {
  const { notice } = props;
  return (
    <div class="notices">
      <div role="status">{notice?.kind === 'done' && <p class="notice">{notice.text}</p>}</div>
      <div role="alert">
        {notice?.kind === 'failed' && (
          <p class="notice failed">
            <span>{notice.text}</span>
            <button type="button" onClick={props.onClose}>
              Close
            </button>
          </p>
        )}
      </div>
    </div>
  );
}
