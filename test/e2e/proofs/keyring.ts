import type { Proof } from '../proof.ts';
import { putKeys } from '../secret.ts';
import { expectQueued, freshReport, keyringInterval } from '../webhooks.ts';

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
];
