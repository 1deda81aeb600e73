import assert from 'node:assert/strict';
import { startProvider } from '../../../sandbox/messagemedia/server.ts';
import type { Proof } from '../proof.ts';
import { rotate } from '../rotate.ts';
import { putKeys } from '../secret.ts';
import { freshReport, keyringInterval, receiveAll } from '../webhooks.ts';

export const keyring: Proof = {
  claim: 'key rotated in the secret, with every step but the waiting',
  prove: async (run) => {
    const provider = await startProvider();
    try {
      const key = await rotate(run, provider);
      await keyringInterval();
      assert.equal((await run.stack.send(freshReport(run, key))).status, 202, 'the new key is not taken');
      assert.equal((await run.stack.send(freshReport(run, run.firstKey))).status, 202, 'the old key is not taken');
      await receiveAll(run);
      return 'the new key works from its first webhook, beside the old one';
    } finally {
      await provider.close();
      // The following proofs expect this.
      await putKeys(run, run.firstKey, run.secondKey);
      await keyringInterval();
    }
  },
};
