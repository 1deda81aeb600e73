import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { moveData } from '../../../lambda/event/claim-check.ts';
import { createOverflowStore } from '../../../lambda/event/overflow-store.ts';
import { toQueueMessage } from '../../../lambda/event/queue-message.ts';
import { openQueuedEvent } from '../../../lambda/event/queued-event.ts';
import { reverify } from '../../../lambda/event/reverify.ts';
import { fetchFromS3 } from '../../../lambda/event/s3-data.ts';
import { parseKeyring } from '../../../lambda/keys/keyring.ts';
import { toPolledEntry } from '../../../lambda/reconcile/polled-event.ts';
import { localCredentials } from '../../../sandbox/aws/credentials.ts';
import { type LocalServer, listen, readBody } from '../../../sandbox/http.ts';
import { readSigned, startReceiver, webhooksOfEveryForm } from '../../received.ts';
import { keyringOf, makeKey } from '../../support.ts';

const key = makeKey();
const receive = startReceiver(key);
const { keys } = parseKeyring(keyringOf(key));

const bucket = 'large-events';

/** An S3 with one bucket. fauxqs takes no object that is a form. */
function startStorage(): Promise<LocalServer> {
  const objects = new Map<string, Buffer>();
  return listen(0, async (request, response) => {
    const { method, url = '' } = request;
    const path = url.split('?')[0] ?? '';
    const stored = method === 'PUT' ? await readBody(request) : objects.get(path);
    if (!path.startsWith(`/${bucket}/`) || stored === undefined) return response.writeHead(404).end();
    objects.set(path, stored);
    return response.writeHead(200, { etag: '"an-etag"' }).end(method === 'GET' ? stored : '');
  });
}

let server: LocalServer;
let client: S3Client;
beforeAll(async () => {
  server = await startStorage();
  client = new S3Client(config());
});
afterAll(async () => {
  client.destroy();
  await server.close();
});

const config = () => ({
  endpoint: server.url,
  region: 'us-east-1',
  credentials: localCredentials,
  forcePathStyle: true,
  maxAttempts: 1,
});
const claimCheck = (message: string, place = bucket) => moveData(message, createOverflowStore(place, config(), 10_000));
const open = (message: string) => openQueuedEvent(message, fetchFromS3(client, bucket));

describe('a claim check', () => {
  test.each(Object.entries(webhooksOfEveryForm('/messagemedia')))(
    'of %s is the message that the receiver queues when its data is too large',
    async (_form, webhook) => {
      const { body, dataContentType } = await receive(webhook);
      const { event, signed } = readSigned(body);
      const message = await claimCheck(body);
      if (signed.body.length === 0) return expect(message).toBe(body);
      const { dataref = '' } = JSON.parse(message);
      const proof = { signature: event.mmsignature ?? '', digest: key.digest, keyId: event.mmkeyid };
      const request = { ...signed, ...proof, contentType: dataContentType, requestId: event.id };
      expect(message).toBe(toQueueMessage(request, { dataref }).body);
      const read = await open(message);
      expect(read.signed).toEqual(signed);
      expect(read.event.payload).toEqual(event.payload);
      expect(reverify(read, keys)).toBe('good');
    },
  );

  test('of a replayed event says that it is one', async () => {
    const { body } = await receive(webhooksOfEveryForm('/messagemedia').smsReply ?? never());
    const message = await claimCheck(body.replace('{', '{"mmreplay":"r-1",'));
    expect((await open(message)).event).toMatchObject({ mmreplay: 'r-1', type: 'com.messagemedia.reply' });
  });

  test('of a polled event has the same content', async () => {
    const item = { reply_id: 'r', message_id: 'm', content: 'Größe "," ,"data":{} 👍🏽' };
    const { message } = toPolledEntry('reply', item, 0);
    const pointer = await claimCheck(message.body);
    expect(pointer).toBe(toPolledEntry('reply', item, 0).withDataAt(JSON.parse(pointer).dataref).body);
    expect((await open(pointer)).event).toMatchObject({ mmorigin: 'poll', payload: item });
  });

  test('is left as it is', async () => {
    const { body } = await receive(webhooksOfEveryForm('/messagemedia').xml ?? never());
    const message = await claimCheck(body);
    expect(await claimCheck(message)).toBe(message);
  });

  test('is made of nothing but events, and not without S3', async () => {
    await expect(claimCheck('no event')).rejects.toMatchObject({ code: 'not_json' });
    const { body } = await receive(webhooksOfEveryForm('/messagemedia').xml ?? never());
    await expect(claimCheck(body, 'no-such-bucket')).rejects.toMatchObject({
      $metadata: { httpStatusCode: 404 },
    });
  });
});

function never(): never {
  throw new Error('There is no such webhook');
}
