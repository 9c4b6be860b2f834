import { spawnSync } from 'node:child_process';
import { plainEnvironment } from '../harness/command.ts';
import { until } from './running-stap.ts';

/** A real terminal with a shell in it: a window of a private tmux server, which `end` ends. */
export class TmuxTerminal {
  readonly #server: string;

  /** The shell has a plain environment, in UTF-8. */
  constructor(columns: number, rows: number) {
    this.#server = `stap-test-${process.pid}-${Math.random().toString(36).slice(2)}`;
    const shell = "exec env 'PS1=$ ' bash --norc --noprofile";
    this.#run(['-f', '/dev/null', 'new-session', '-d', '-x', `${columns}`, '-y', `${rows}`, shell], {
      ...plainEnvironment(),
      LC_ALL: 'C.UTF-8',
    });
  }

  /** Presses keys, named as tmux names them; several characters are typed. */
  press(...keys: readonly string[]): void {
    this.#run(['send-keys', ...keys]);
  }

  /** Types a command and Enter. */
  type(command: string): void {
    this.#run(['send-keys', '-l', command]);
    this.press('Enter');
  }

  /** What the terminal shows, one line a row, blanks at the ends cut off. */
  screen(): string {
    return this.#run(['capture-pane', '-p']);
  }

  /** The same with the lines that scrolled away. */
  everything(): string {
    return this.#run(['capture-pane', '-p', '-S', '-']);
  }

  /** What tmux knows about it: `#{alternate_on}`, `#{cursor_flag}`, `#{pane_title}`. */
  ask(format: string): string {
    return this.#run(['display-message', '-p', format]).trim();
  }

  resize(columns: number, rows: number): void {
    this.#run(['resize-window', '-x', `${columns}`, '-y', `${rows}`]);
  }

  /** Waits until the screen shows the text or matches. */
  async shows(text: string | RegExp, timeoutMs = 10_000): Promise<void> {
    let last = '';
    await until(
      `text ${String(text)} on the screen`,
      () => {
        last = this.screen();
        return typeof text === 'string' ? last.includes(text) : text.test(last);
      },
      timeoutMs,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}; it shows:\n${last}`);
    });
  }

  /** Ends the terminal and everything in it. */
  end(): void {
    spawnSync('tmux', ['-L', this.#server, 'kill-server']);
  }

  #run(words: readonly string[], env: Record<string, string> = plainEnvironment()): string {
    const result = spawnSync('tmux', ['-L', this.#server, ...words], { env, encoding: 'utf8' });
    if (result.status !== 0) throw new Error(`tmux ${words.join(' ')}: ${result.stderr}`);
    return result.stdout;
  }
}
