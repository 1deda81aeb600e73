import { createHash, randomUUID } from 'node:crypto';
import type { QueueMessage } from '../../lambda/event/queue-message.ts';

/** A message in the model queue. */
export interface ModelMessage extends Pick<QueueMessage, 'body' | 'groupId' | 'deduplicationId'> {
  messageId: string;
}

/** How long SQS remembers a deduplication id. */
const deduplicationMilliseconds = 5 * 60_000;

/** A FIFO queue that drops repetitions within a message group, its dead-letter queue, and a consumer. */
export class ModelQueue {
  waiting: ModelMessage[] = [];
  dead: ModelMessage[] = [];
  /** Every message that was ever accepted. */
  readonly taken: ModelMessage[] = [];
  /** Bodies that took effect, by the id of the event. The consumer recognises events that it has handled. */
  readonly effects = new Map<string, string[]>();
  private readonly now: () => number;
  private readonly redriveKeepsIds: boolean;
  private readonly known = new Map<string, number>();

  constructor(now: () => number, redriveKeepsIds: boolean) {
    this.now = now;
    this.redriveKeepsIds = redriveKeepsIds;
  }

  send({ body, groupId, deduplicationId }: Pick<QueueMessage, 'body' | 'groupId' | 'deduplicationId'>): void {
    const name = `${groupId} ${deduplicationId}`;
    const knownAt = this.known.get(name) ?? Number.NEGATIVE_INFINITY;
    if (this.now() - knownAt < deduplicationMilliseconds) return;
    this.known.set(name, this.now());
    const message = { body, groupId, deduplicationId, messageId: randomUUID() };
    this.waiting.push(message);
    this.taken.push(message);
  }

  /** @param dies the consumer fails at each of them, until they are dead letters */
  consume(count: number, dies = false): void {
    for (const message of this.waiting.splice(0, count)) {
      if (dies) this.dead.push(message);
      else this.handle(message);
    }
  }

  private handle({ body }: ModelMessage): void {
    const { id } = JSON.parse(body);
    // This alone makes the consumer idempotent.
    if (!this.effects.has(id)) this.effects.set(id, [body]);
  }

  /** Redrives like `mmw queue redrive`. @param crashes after the first message was sent, before it is deleted */
  redrive(crashes: boolean): void {
    while (this.dead[0]) {
      const { body, groupId, deduplicationId, messageId } = this.dead[0];
      const another = createHash('sha256').update(`redrive ${messageId}`).digest('hex');
      this.send({ body, groupId, deduplicationId: this.redriveKeepsIds ? deduplicationId : another });
      if (crashes) return;
      this.dead.shift();
    }
  }
}
