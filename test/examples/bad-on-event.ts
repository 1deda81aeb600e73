import { writeSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type { WebhookEvent } from 'messagemedia-webhook-receiver/events';

/** What an event is to do comes with the invocation. Its effect is a line, which is out even if the process ends then. */
export async function onEvent({ id, subject }: WebhookEvent): Promise<void> {
  const { behaviours } = globalThis as unknown as { behaviours: Record<string, string> };
  const behaviour = behaviours[id] ?? 'well';
  if (behaviour === 'hangs') await new Promise(() => {});
  if (behaviour === 'exits') process.exit(1);
  if (behaviour === 'dies') process.kill(process.pid, 'SIGKILL');
  if (behaviour === 'throws') throw new Error('The database is down');
  if (behaviour.startsWith('slow ')) await setTimeout(Number(behaviour.slice(5)));
  writeSync(1, `${JSON.stringify({ eventId: id, subject })}\n`);
}
