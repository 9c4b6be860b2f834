/** What a write to `monitor_control` asks for. */
export type ControlCommand =
  | { readonly kind: 'clear' | 'resume' | 'pause' | 'quit' }
  | { readonly kind: 'toggle'; readonly index: number };

/**
 * Reads the text of one write; one newline at the end, as echo(1) makes it, does not count. undefined: it is no command.
 */
export function parseControlCommand(text: string): ControlCommand | undefined {
  const word = text.endsWith('\n') ? text.slice(0, -1) : text;
  switch (word) {
    case 'clear':
    case 'resume':
    case 'pause':
    case 'quit':
      return { kind: word };
    default:
      return /^\d{1,9}$/.test(word) ? { kind: 'toggle', index: Number(word) } : undefined;
  }
}
