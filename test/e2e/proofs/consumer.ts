import type { Proof } from '../proof.ts';
import { readLog } from '../stack.ts';
import { until } from '../waiting.ts';
import { expectAccepted, expectNothingQueued, freshReport } from '../webhooks.ts';

export const consumer: Proof = {
  claim: 'examples/app.ts with -c stack=…',
  prove: async (run) => {
    const { ConsumerLogGroup = '' } = await run.cdk.deployExample('examples/app.ts');
    const id = await expectAccepted(run, freshReport(run, run.firstKey));
    const isHandled = (line: string) => line.includes('"handled"') && line.includes(id);
    await until('the event is handled', async () =>
      (await readLog(run.clients.logs, ConsumerLogGroup)).some(isHandled),
    );
    await run.cdk.destroy('MessageMediaConsumer');
    await expectNothingQueued(run);
    return 'deployed beside the stack, found queue, bucket and keyring in its outputs, verified and handled an event';
  },
};
