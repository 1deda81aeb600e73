import { expect, test } from '@jest/globals';
import { moveData } from '../../../lambda/event/claim-check.ts';
import { toQueueMessage } from '../../../lambda/event/queue-message.ts';
import { toPolledEntry } from '../../../lambda/reconcile/polled-event.ts';
import { readSigned, startReceiver, webhooksOfEveryForm } from '../../received.ts';
import { makeKey } from '../../support.ts';

const key = makeKey();
const receive = startReceiver(key);
const webhooks = webhooksOfEveryForm('/messagemedia');
const dataref = 's3://large-events/key';

/** What becomes of a message, and what is stored for it. */
async function move(message: string) {
  const stored: { data: Buffer; contentType: string | undefined }[] = [];
  const moved = await moveData(message, async (data, contentType) => {
    stored.push({ data: Buffer.from(data), contentType });
    return dataref;
  });
  return { moved, stored };
}

test.each(Object.entries(webhooks))(
  'of %s is the message that the receiver queues when its data is too large',
  async (_form, webhook) => {
    const { body, dataContentType } = await receive(webhook);
    const { event, signed } = readSigned(body);
    const { moved, stored } = await move(body);
    if (signed.body.length === 0) return expect({ moved, stored }).toEqual({ moved: body, stored: [] });
    const proof = { signature: event.mmsignature ?? '', digest: key.digest, keyId: event.mmkeyid };
    const request = { ...signed, ...proof, contentType: dataContentType, requestId: event.id };
    expect(moved).toBe(toQueueMessage(request, { dataref }).body);
    expect(stored).toEqual([{ data: signed.body, contentType: dataContentType }]);
    // What has its data elsewhere already stays as it is.
    expect(await move(moved)).toEqual({ moved, stored: [] });
  },
);

test('a replayed event is still one, and a polled event has the same content', async () => {
  const item = { reply_id: 'r', message_id: 'm', content: 'Größe "," ,"data":{} 👍🏽' };
  const polled = toPolledEntry('reply', item, 0);
  const { moved, stored } = await move(polled.message.body.replace('{', '{"mmreplay":"r-1",'));
  expect(moved).toBe(polled.withDataAt(dataref).body.replace('{', '{"mmreplay":"r-1",'));
  expect(JSON.parse(String(stored[0]?.data))).toEqual(item);
});

test('what is no event, or cannot be stored, is an error', async () => {
  await expect(move('no event')).rejects.toMatchObject({ code: 'not_json' });
  const { message } = toPolledEntry('reply', { reply_id: 'r' }, 0);
  await expect(moveData(message.body, () => Promise.reject(new Error('no S3')))).rejects.toThrow('no S3');
});
