import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

/** What takes this long on any machine has failed. The schedule's 5 minutes are 5 seconds here, see `start_ministack.py`. */
const patience = 120_000;

/** Waits until something is true. @param what for the error @throws {Error} when it does not become true */
export async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (const giveUp = Date.now() + patience; !(await isTrue()); await sleep(200)) {
    assert.ok(Date.now() < giveUp, `${what}: not within ${patience / 1000} s`);
  }
}
