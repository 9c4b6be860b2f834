/** Different warnings kept to recognise repeats; when there are more, all are forgotten. */
const REMEMBERED_WARNINGS_MAX = 1024;

/** Identical warnings are given once, as long as there are not too many different ones to remember. */
export class RememberedWarnings {
  readonly #lines = new Set<string>();

  /** True the first time it sees this line. */
  isNew(line: string): boolean {
    if (this.#lines.has(line)) return false;
    if (this.#lines.size >= REMEMBERED_WARNINGS_MAX) this.#lines.clear();
    this.#lines.add(line);
    return true;
  }

  /** All that are remembered. */
  lines(): readonly string[] {
    return [...this.#lines];
  }
}
