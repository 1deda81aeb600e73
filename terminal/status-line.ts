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

export const statusLine = new StatusLine(process.stderr);

/** How often it is drawn, in milliseconds: on a terminal, and where each time is a line. */
const intervals = { terminal: 200, log: 30_000 };
const width = 24;

/**
 * Shows how much is done, how fast, and how long it takes still: on one line of a terminal, else in a line now and then.
 *
 * @param total in any unit, such as bytes
 * @param what is counted, such as `events`
 */
export function createProgressBar(
  total: number,
  what: string,
  { line = statusLine, now = () => performance.now() }: { line?: StatusLine; now?: () => number } = {},
) {
  const { screen } = line;
  const begun = now();
  const interval = screen.isTTY ? intervals.terminal : intervals.log;
  let drawn = begun;
  /** What an earlier run has done took no time now. */
  let before: { done: number; count: number } | undefined;
  return {
    /**
     * @param done of the total
     * @param count what is counted for the rate
     */
    update(done: number, count: number): void {
      before ??= { done, count };
      const at = now();
      if (at - drawn < interval) return;
      drawn = at;
      const seconds = (at - begun) / 1000;
      const share = total === 0 ? 1 : Math.min(done / total, 1);
      const left = (seconds * Math.max(total - done, 0)) / (done - before.done);
      const text = [
        `${Math.floor(share * 100)} %`,
        `${count} ${what}`,
        `${((count - before.count) / seconds).toFixed(0)} a second`,
        ...(Number.isFinite(left) ? [`${clock(left)} left`] : []),
      ].join(', ');
      if (screen.isTTY) line.show(`${'█'.repeat(Math.round(share * width)).padEnd(width, '░')} ${text}`);
      else screen.write(`${text}\n`);
    },
    /** Takes it off the terminal. */
    clear: () => line.clear(),
  };
}

function clock(seconds: number): string {
  const whole = Math.ceil(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const padded = (part: number) => String(part).padStart(2, '0');
  return hours > 0 ? `${hours}:${padded(minutes)}:${padded(rest)}` : `${minutes}:${padded(rest)}`;
}
