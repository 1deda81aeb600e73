import assert from 'node:assert/strict';
import { isFaultless, runLoad } from '../../../bench/load-run.ts';
import { stackTarget } from '../../../bench/load-target.ts';
import { createKeyringStore } from '../../../lambda/keys/keyring-store.ts';
import { outputs } from '../../../lambda/stack-outputs.ts';
import type { Proof } from '../proof.ts';
import { readKeys } from '../secret.ts';

export const load: Proof = {
  claim: 'npm run load, to the deployed stack',
  prove: async (run) => {
    const { clients, stack } = run;
    const { keyring: before } = await readKeys(run);
    const target = await stackTarget({
      callbackUrl: stack.outputs[outputs.callbackUrl] ?? '',
      keyring: createKeyringStore(clients.secrets, stack.keyringSecretId),
      queue: { client: clients.sqs, queueUrl: stack.outputs[outputs.queueUrl] ?? '' },
      send: (request) => stack.send(request),
    });
    const report = await runLoad(target, { count: 100, rate: 20 }).finally(target.close);
    assert.ok(isFaultless(report), JSON.stringify(report));
    assert.equal(report.events, 90);
    assert.deepEqual(JSON.parse((await readKeys(run)).keyring), JSON.parse(before), 'the keyring is not as it was');
    return `${report.events} events of 90 good webhooks, 5 of them sent twice at once; 10 bad ones refused`;
  },
};
