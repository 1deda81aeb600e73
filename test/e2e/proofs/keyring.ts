import assert from 'node:assert/strict';
import { startProvider } from '../../../sandbox/provider/provider.ts';
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
      return 'the first webhook that it signs is taken';
    },
  },
  {
    claim: 'webhook signed with the first key',
    prove: async (run) => {
      await expectQueued(run, freshReport(run, run.firstKey));
      return 'still taken, next to the second';
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
        // As if an outage of an hour had refused it: its first signature is the old key's, and comes again.
        const retried = freshReport(run, before, new Date(Date.now() - 3_600_000));
        assert.equal((await run.stack.send(retried)).status, 202, 'a late retry of the old key is not taken');
        await receiveAll(run);
        // More than five minutes after its retirement the old key can have signed nothing.
        await expectRefused(run, freshReport(run, before, new Date(Date.now() + 6 * 60_000)), 'unknown_key');
        assert.deepEqual(
          provider.signatureKeys().map(({ key_id }) => key_id),
          [after.id],
        );
        // As the proofs after this one expect it.
        await putKeys(run, run.firstKey, run.secondKey);
        return 'the new key is taken at its first webhook; the old one is gone at MessageMedia, taken for a retry of an hour ago, refused for what is new';
      } finally {
        await provider.close();
      }
    },
  },
];
