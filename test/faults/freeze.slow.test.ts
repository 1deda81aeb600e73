import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fetchFromS3 } from '../../lambda/event/s3-data.ts';
import { parseKeyring } from '../../lambda/keys/keyring.ts';
import { type LocalQueue, startQueue } from '../../sandbox/aws/queue.ts';
import { type LocalSecrets, startSecrets } from '../../sandbox/aws/secrets.ts';
import { consume } from '../../sandbox/consumer.ts';
import { toWire } from '../../signing/sender.ts';
import { httpApiEvent, keyringOf, makeKey, receiverEnvironment, type TestKey } from '../support.ts';
import { type StaleConnection, startFaultProxy } from './fault-proxy.ts';
import { startProcess } from './function-process.ts';

const [key, newKey] = [makeKey(), makeKey()];
const pace = { slow: 0, dribble: 0 };

let queue: LocalQueue;
let secrets: LocalSecrets;
beforeAll(async () => {
  [queue, secrets] = await Promise.all([startQueue(), startSecrets()]);
});
afterAll(() => Promise.all([queue.close(), secrets.close()]));

/** A webhook that needs all three services: its new key the keyring, its large event the bucket and the queue. */
function webhookOf(id: string, signer: TestKey): object {
  const body = JSON.stringify({ delivery_report_id: id, text: 'x'.repeat(1_048_576) });
  const webhook = { method: 'POST', target: '/', contentType: 'application/json', body };
  return httpApiEvent(toWire(webhook, signer));
}

test.each<StaleConnection>(['ended', 'reset', 'dead'])(
  'connections to all three services that are %s when Lambda thaws cost no webhook',
  async (how) => {
    const proxies = await Promise.all([
      startFaultProxy(secrets.url, 'json', pace),
      startFaultProxy(queue.url, 'json', pace),
      startFaultProxy(queue.url, 'xml', pace),
    ]);
    const [keyring, sqs, s3] = proxies;
    secrets.put('keyring', keyringOf(key));
    const lambda = startProcess({
      env: {
        ...receiverEnvironment(queue, secrets),
        OVERFLOW_BUCKET: queue.overflowBucket,
        AWS_ENDPOINT_URL_SECRETS_MANAGER: keyring.url,
        AWS_ENDPOINT_URL_SQS: sqs.url,
        AWS_ENDPOINT_URL_S3: s3.url,
      },
    });
    try {
      lambda.give(webhookOf(`${how}-before`, key));
      expect((await lambda.answer()).status).toBe(202);
      lambda.freeze();
      expect(proxies.map((proxy) => proxy.spoilConnections(how))).toEqual([1, 1, 1]);
      secrets.put('keyring', keyringOf(key, newKey));
      const begun = performance.now();
      lambda.give(webhookOf(`${how}-after`, newKey));
      lambda.thaw();
      expect((await lambda.answer()).status).toBe(202);
      expect(performance.now() - begun).toBeLessThan(18_000);
    } finally {
      await Promise.all([lambda, ...proxies].map((one) => one.close()));
    }
    const { keys } = parseKeyring(keyringOf(key, newKey));
    const fetchData = fetchFromS3(queue.storage, queue.overflowBucket);
    const events = await consume(queue.client, queue.queueUrl, keys, fetchData);
    expect(events.map(({ event, reverified }) => [event.id, reverified])).toEqual([
      [`${how}-before`, true],
      [`${how}-after`, true],
    ]);
  },
);
