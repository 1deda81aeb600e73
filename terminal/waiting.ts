import { progress } from './output.ts';
import { type StatusLine, statusLine } from './status-line.ts';

const sleep = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** Shorter waits are not reported, in milliseconds. */
const worthTelling = 3_000;

/** Work that takes longer than this is reported, in milliseconds. */
const slowAfter = 2_000;

/** One wait, as the last line of a terminal shows it. */
interface Wait {
  /** In milliseconds since 1970. */
  end: number;
  /** How to stop, and how far it is. */
  say: () => string;
}

export interface PauseOptions {
  /** Milliseconds to the end of the wait that the pause is a piece of. @default those of the pause */
  whole?: number | undefined;
  /** How to stop. @default Ctrl-C stops */
  help?: string;
}

/**
 * The waits of one terminal. All of them say until when, and how to stop; a terminal counts down to the last one's end.
 *
 * @param tell prints a line that stays
 */
export function createWaits(line: StatusLine, tell: (message: string) => void) {
  const waits = new Set<Wait>();
  let timer: NodeJS.Timeout | undefined;
  /** End of the pause that was reported last: its other pieces are not reported. */
  let toldEnd = 0;

  const draw = () => {
    const last = [...waits].toSorted((one, other) => other.end - one.end)[0];
    if (last === undefined) return line.clear();
    line.show(`Waiting until ${clock(last.end)}, ${minutes(last.end - Date.now())} left. ${last.say()}`);
  };
  const begin = (wait: Wait) => {
    waits.add(wait);
    timer ??= setInterval(draw, 1_000);
    draw();
  };
  const finish = (wait: Wait) => {
    // The line may be somebody else's.
    if (!waits.delete(wait)) return;
    if (waits.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
    draw();
  };

  return {
    /** Waits for a time. The caller says why. */
    async pause(milliseconds: number, { whole = milliseconds, help = 'Ctrl-C stops.' }: PauseOptions = {}) {
      if (whole < worthTelling) return sleep(milliseconds);
      const end = Date.now() + whole;
      if (!line.screen.isTTY && Math.abs(end - toldEnd) > worthTelling) {
        tell(`Waiting ${Math.ceil(whole / 1000)} s, until ${clock(end)}. ${help}`);
      }
      toldEnd = end;
      const wait = { end, say: () => help };
      begin(wait);
      await sleep(milliseconds);
      finish(wait);
    },
    /**
     * Waits for work, and reports it if it takes longer than 2 s.
     *
     * @param what happens meanwhile
     * @param milliseconds after which the work gives up by itself
     * @param state how far it is
     */
    async watch<T>(what: string, milliseconds: number, work: Promise<T>, state = () => ''): Promise<T> {
      const end = Date.now() + milliseconds;
      const wait = { end, say: () => `Ctrl-C stops. ${state()}` };
      const slow = setTimeout(() => {
        tell(`${what}: waiting until ${clock(end)} at the latest. Ctrl-C stops.`);
        begin(wait);
      }, slowAfter);
      try {
        return await work;
      } finally {
        clearTimeout(slow);
        finish(wait);
      }
    },
  };
}

export const { pause, watch } = createWaits(statusLine, progress);

function clock(time: number): string {
  return new Date(time).toTimeString().slice(0, 8);
}

function minutes(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
