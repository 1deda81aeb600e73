import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import type { Proof, Run } from '../proof.ts';
import { expectAccepted, expectNothingQueued, freshReport } from '../webhooks.ts';

/** How long the consumer may take to handle an event, in milliseconds. */
const patience = 30_000;

/** What the consumer logged so far. */
async function logOfConsumer({ clients }: Run, logGroupName: string | undefined): Promise<string[]> {
  const { events = [] } = await clients.logs.send(new FilterLogEventsCommand({ logGroupName }));
  return events.map(({ message = '' }) => message.trimEnd());
}

export const consumer: Proof[] = [
  {
    claim: 'examples/app.ts with -c stack=…',
    prove: async (run) => {
      const { ConsumerLogGroup } = await run.cdk.deployExample('examples/app.ts');
      const log = () => logOfConsumer(run, ConsumerLogGroup);
      const id = await expectAccepted(run, freshReport(run, run.firstKey));
      const isHandled = (line: string) => line.includes('"handled"') && line.includes(id);
      for (const giveUp = Date.now() + patience; !(await log()).some(isHandled); await sleep(200)) {
        assert.ok(Date.now() < giveUp, `it did not handle the event: ${(await log()).join('\n')}`);
      }
      await run.cdk.destroyExample('examples/app.ts');
      await expectNothingQueued(run);
      return 'deployed beside the stack, found queue, bucket and keyring in its outputs, verified and handled an event';
    },
  },
];
