import type { SQSRecord } from 'aws-lambda';
import { type Consumer, type Effect, startConsumer } from './process.ts';

/** A function whose process ends when its time is over, and is started again for the next invocation, as in Lambda. */
export interface Mortal {
  /** @returns the ids of the messages that failed */
  invoke: (
    records: SQSRecord[],
    milliseconds: number,
    behaviours: Record<string, string>,
  ) => Promise<string[] | 'failed'>;
  log: readonly string[];
  close: () => Promise<void>;
}

export function startMortal(
  command: readonly string[],
  environment: Record<string, string>,
  onEffect: (effect: Effect) => void,
): Mortal {
  const lives: Consumer[] = [];
  let alive: Consumer | undefined;
  return {
    invoke: async (Records, milliseconds, behaviours) => {
      if (alive === undefined) {
        alive = startConsumer(command, environment, onEffect);
        lives.push(alive);
      }
      await alive.ready;
      const { kill } = alive;
      let isOver = false;
      const timer = setTimeout(() => {
        isOver = true;
        kill();
      }, milliseconds);
      try {
        const { batchItemFailures } = await alive.invoke(Object.assign({ Records }, { milliseconds, behaviours }));
        return isOver ? 'failed' : batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
      } catch (error) {
        if (String(error).includes('The consumer is gone')) alive = undefined;
        return 'failed';
      } finally {
        clearTimeout(timer);
        if (isOver) alive = undefined;
      }
    },
    get log() {
      return lives.flatMap(({ log }) => log);
    },
    close: async () => {
      await alive?.close();
    },
  };
}
