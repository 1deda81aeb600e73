/** A terminal, or another output. */
export interface Screen {
  isTTY?: boolean;
  columns?: number;
  write(text: string): unknown;
}

/** The last line of a terminal. It is rewritten every second, and cleared before other output. */
export class StatusLine {
  readonly screen: Screen;
  #isShown = false;

  constructor(screen: Screen) {
    this.screen = screen;
  }

  /** Shows a text, cut to one line because a second line could not be cleared. */
  show(text: string): void {
    if (!this.screen.isTTY) return;
    this.screen.write(`\r\u001b[K${text.slice(0, (this.screen.columns || 80) - 1)}`);
    this.#isShown = true;
  }

  clear(): void {
    if (this.#isShown) this.screen.write('\r\u001b[K');
    this.#isShown = false;
  }
}

/** The status line of this program. */
export const statusLine = new StatusLine(process.stderr);
