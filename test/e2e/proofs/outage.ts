import assert from 'node:assert/strict';
import { DeleteQueueCommand, GetQueueAttributesCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { consume } from '../../../sandbox/consumer.ts';
import type { Proof, Run } from '../proof.ts';
import { expectAccepted, expectQueued, freshReport } from '../webhooks.ts';

/** Receives the messages and makes them visible again at once, as a failing consumer does. */
async function receiveInVain({ clients: { sqs }, stack: { queueUrl } }: Run): Promise<number> {
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: queueUrl, VisibilityTimeout: 0 }));
  return Messages.length;
}

export const outage: Proof[] = [
  {
    claim: 'mmw doctor',
    prove: async (run) => {
      const report = async () => {
        try {
          return JSON.parse(await run.mmw('doctor', '--json'));
        } catch (error) {
          return JSON.parse((error as { stdout: string }).stdout);
        }
      };
      const { issues, summary } = await report();
      // The public name of the URL belongs to AWS. What was refused on purpose before this is in the log.
      const titles = issues.map(({ category }: { category: string }) => category);
      const others = titles.filter((category: string) => category !== 'requests');
      assert.deepEqual(others, ['endpoint', 'alarms', 'keys', 'queue', 'queue', 'endpoint'], JSON.stringify(issues));
      assert.match(summary.ok.join('\n'), /Keyring: 2 keys.*\nQueue: 0 waiting.*\nThe bucket/);
      return 'keyring and queues are in order; no topic, no consumer, and the public name is not reachable here';
    },
  },
  {
    claim: 'queue that somebody deleted',
    prove: async (run) => {
      const { sqs } = run.clients;
      const attributes = async (QueueUrl: string) => {
        const { Attributes = {} } = await sqs.send(
          new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
        );
        const { CreatedTimestamp: _created, LastModifiedTimestamp: _modified, Policy = '', ...own } = Attributes;
        return { ContentBasedDeduplication: 'false', ...own, Policy: JSON.parse(Policy) };
      };
      const { queueUrl, deadLetterQueueUrl } = run.stack;
      const before = await Promise.all([queueUrl, deadLetterQueueUrl].map(attributes));
      for (const QueueUrl of [queueUrl, deadLetterQueueUrl]) await sqs.send(new DeleteQueueCommand({ QueueUrl }));
      const request = freshReport(run, run.firstKey);
      assert.equal((await run.stack.send(request)).status, 503);
      const { restored } = JSON.parse(await run.mmw('queue', 'restore', '--json'));
      assert.deepEqual(restored, [deadLetterQueueUrl, queueUrl]);
      assert.deepEqual(await Promise.all([queueUrl, deadLetterQueueUrl].map(attributes)), before);
      await expectQueued(run, request);
      return 'both created again by mmw queue restore, with the same URLs, attributes and policies; then webhooks are queued again';
    },
  },
  {
    claim: 'event that no consumer can handle',
    prove: async (run) => {
      const id = await expectAccepted(run, freshReport(run, run.firstKey));
      let tries = 0;
      while (tries <= 250 && (await receiveInVain(run)) > 0) tries += 1;
      const dead = await consume(run.clients.sqs, run.stack.deadLetterQueueUrl, run.keys);
      assert.deepEqual(
        dead.map(({ event, reverified }) => ({ id: event.id, reverified })),
        [{ id, reverified: true }],
      );
      return `in the dead-letter queue after ${tries} tries, verified again from there`;
    },
  },
];
