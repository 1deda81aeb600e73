/** A terminal, or whatever stands for one. */
export interface Screen {
  isTTY?: boolean;
  columns?: number;
  write(text: string): unknown;
}

/** The last line of a terminal, which is written anew every second and makes room for all that stays. */
export class StatusLine {
  readonly screen: Screen;
  #isShown = false;

  constructor(screen: Screen) {
    this.screen = screen;
  }

  /** Shows a text as far as the line goes: a second line could not be taken back. */
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

/** That of this program. */
export const statusLine = new StatusLine(process.stderr);
