import { toWire } from '../../../signing/sender.ts';
import type { Proof } from '../proof.ts';
import { putKeys } from '../secret.ts';
import { expectQueued, expectRefused, keyringInterval, samples } from '../webhooks.ts';

export const withoutCdk: Proof = {
  claim: 'the same stack by aws cloudformation package and deploy, without the CDK',
  prove: async (run) => {
    await run.deployWithoutCdk();
    const { deliveryReport, mmsReply, smsReply } = samples(run);
    await expectRefused(run, toWire(deliveryReport, run.firstKey), 'unknown_key');
    await putKeys(run, run.firstKey);
    await keyringInterval();
    for (const webhook of [deliveryReport, mmsReply]) await expectQueued(run, toWire(webhook, run.firstKey));
    await expectRefused(run, toWire(smsReply, undefined), 'unsigned');
    await run.cdk.destroy();
    return 'unknown key and unsigned refused; report and MMS reply queued, and verified again';
  },
};
