import assert from 'node:assert/strict';
import { withProbeKey } from '../../../cli/doctor/probe.ts';
import { createKeyringStore } from '../../../lambda/keys/keyring-store.ts';
import { toWire } from '../../../signing/sender.ts';
import type { Proof, Run } from '../proof.ts';
import { expectNothingQueued, freshReport, keyringInterval, samples } from '../webhooks.ts';

/** Sends until the answer is this one, because a running function reads the keyring again at most every 3 s. */
async function sendUntil({ stack }: Run, request: Parameters<typeof stack.send>[0], status: number) {
  for (let tries = 1; ; tries++) {
    const answer = await stack.send(request);
    if (answer.status === status || tries === 6) return answer;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

export const diagnosis: Proof[] = [
  {
    claim: 'signed probe',
    prove: async (run) => {
      const keyring = createKeyringStore(run.clients.secrets, run.stack.keyringSecretId);
      const before = JSON.stringify(await keyring.read());
      await withProbeKey(keyring, 5, async (key) => {
        const { status, body } = await sendUntil(run, toWire(samples(run).smsReply, key), 200);
        assert.deepEqual([status, body], [200, '{"probe":"verified"}']);
      });
      await expectNothingQueued(run);
      assert.equal(JSON.stringify(await keyring.read()), before, 'the keys were changed');
      assert.deepEqual(await keyring.readDiagnostics(), {}, 'the probe key stayed');
      return 'with its own key: 200, nothing queued, and the keyring is unchanged';
    },
  },
  {
    claim: 'mmw capture and doctor --capture',
    prove: async (run) => {
      await run.mmw('capture', '--count', '2', '--json');
      const good = freshReport(run, run.firstKey);
      const ended = { ...good, body: Buffer.concat([good.body, Buffer.from('\n')]) };
      const moved = { ...good, target: `${good.target}?added=1` };
      // The first request may come before the function has read that capturing is on.
      await keyringInterval();
      for (const request of [moved, ended, ended]) assert.equal((await run.stack.send(request)).status, 401);
      const found: { causes: string[] }[] = JSON.parse(await run.mmw('doctor', '--capture', '--json'));
      const causes = found.map((one) => one.causes.join('+'));
      assert.deepEqual(causes, ['query_added', 'body_newline']);
      await run.mmw('capture', '--stop', '--json');
      return `2 of 3 refused requests kept in the bucket: ${causes.join(', ')}`;
    },
  },
];
