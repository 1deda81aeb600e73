import { setTimeout as sleep } from 'node:timers/promises';

/** Shorter waits are not reported, in milliseconds. */
const worthTelling = 3_000;

/** Where waits are shown. */
export interface Screen {
  isTTY?: boolean;
  write(text: string): unknown;
}

/**
 * Waits, and shows until when: with a countdown on a terminal, else in one line. The caller says why it waits.
 *
 * @param milliseconds to wait
 */
export async function pause(milliseconds: number, screen: Screen = process.stderr): Promise<void> {
  if (milliseconds < worthTelling) return sleep(milliseconds);
  const end = Date.now() + milliseconds;
  const until = `until ${new Date(end).toTimeString().slice(0, 8)}`;
  const help = 'Ctrl-C stops; run the same command to continue later';
  if (!screen.isTTY) {
    screen.write(`Waiting ${Math.ceil(milliseconds / 1000)} s, ${until}. ${help}.\n`);
    return sleep(milliseconds);
  }
  for (let left = milliseconds; left > 0; left = end - Date.now()) {
    screen.write(`\r\u001b[KWaiting ${until}, ${minutes(left)} left. ${help}.`);
    await sleep(Math.min(left, 1_000));
  }
  screen.write('\r\u001b[K');
}

function minutes(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
