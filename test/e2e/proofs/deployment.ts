import { placeholders } from '../ministack.ts';
import type { Proof } from '../proof.ts';
import { putKeys } from '../secret.ts';
import { expectRefused, freshReport, keyringInterval } from '../webhooks.ts';

export const deployment: Proof[] = [
  {
    claim: 'cdk bootstrap',
    prove: async ({ cdk }) => {
      await cdk.bootstrap();
      return 'the account can be deployed to';
    },
  },
  {
    claim: 'cdk deploy',
    prove: async (run) => {
      const { outputs, resources } = await run.deploy();
      const types = (await resources()).map(({ type }) => type);
      const pretended = placeholders.filter((type) => types.includes(type));
      const note = pretended.length === 0 ? '' : `; only as a placeholder: ${pretended.join(', ')}`;
      return `${types.length} resources, outputs ${Object.keys(outputs).join(', ')}${note}`;
    },
  },
  {
    claim: 'signed webhook before there is a key',
    prove: async (run) => {
      await expectRefused(run, freshReport(run, run.firstKey), 'unknown_key');
      return '401, nothing queued';
    },
  },
  {
    claim: 'first key put in the secret',
    prove: async (run) => {
      await putKeys(run, run.firstKey);
      await keyringInterval();
      return 'with the AWS SDK; then a pause until the function may read it again';
    },
  },
];
