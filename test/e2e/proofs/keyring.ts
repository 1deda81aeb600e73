import assert from 'node:assert/strict';
import { startProvider } from '../../../sandbox/messagemedia/server.ts';
import type { Proof } from '../proof.ts';
import { rotate } from '../rotate.ts';
import { putKeys } from '../secret.ts';
import { expectQueued, expectRefused, freshReport, keyringInterval, receiveAll } from '../webhooks.ts';

export const keyring: Proof[] = [
  {
    claim: 'second key put in the secret',
    prove: async (run) => {
      await keyringInterval();
      await putKeys(run, run.firstKey, run.secondKey);
      await expectQueued(run, freshReport(run, run.secondKey));
      return 'the first webhook that it signs is accepted';
    },
  },
  {
    claim: 'webhook signed with the first key',
    prove: async (run) => {
      await expectQueued(run, freshReport(run, run.firstKey));
      return 'still accepted, beside the second';
    },
  },
  {
    claim: 'key rotated in the secret, twice, with every step but the waiting',
    prove: async (run) => {
      const provider = await startProvider();
      try {
        const before = await rotate(run, provider);
        const after = await rotate(run, provider);
        await keyringInterval();
        assert.equal((await run.stack.send(freshReport(run, after))).status, 202, 'the new key is not taken');
        // As after an outage of an hour: the retry has its first signature, by the old key.
        const retried = freshReport(run, before, new Date(Date.now() - 3_600_000));
        assert.equal((await run.stack.send(retried)).status, 202, 'a late retry of the old key is not taken');
        await receiveAll(run);
        // A signature of the old key from more than five minutes after its retirement must be refused.
        await expectRefused(run, freshReport(run, before, new Date(Date.now() + 6 * 60_000)), 'unknown_key');
        assert.deepEqual(
          provider.signatureKeys().map(({ key_id }) => key_id),
          [after.id],
        );
        // The following proofs expect this.
        await putKeys(run, run.firstKey, run.secondKey);
        return 'the new key works from its first webhook; the old key was deleted at MessageMedia, still verifies a retry of an hour ago, and is refused for new webhooks';
      } finally {
        await provider.close();
      }
    },
  },
];
