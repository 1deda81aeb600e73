import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { diagnose } from '../../diagnosis/diagnose.ts';
import type { QueueMessage } from '../../lambda/event/queue-message.ts';
import { reverify } from '../../lambda/event/reverify.ts';
import { createKeyring } from '../../lambda/keys/keyring-cache.ts';
import { createReceiver, type Outcome } from '../../lambda/receiver/receiver.ts';
import { parseRequest } from '../../lambda/receiver/request.ts';
import type { Digest } from '../../lambda/signature.ts';
import { readSigned } from '../received.ts';
import { httpApiEvent } from '../support.ts';

/** What a Java program signed: see test/vectors/JdkSignatures.java. */
interface Vector {
  name: string;
  seconds: number;
  digest: Digest;
  method: string;
  target: string;
  date: string;
  body_base64: string;
  public_key: string;
  signature: string;
}

/** Lets the receiver, the reader and the doctor see a request, and gives what each makes of it. */
async function follow(
  { seconds, digest, method, target, body_base64, public_key, ...vector }: Vector,
  date = vector.date,
) {
  const now = () => seconds * 1000 + 3_000;
  const keyring = createKeyring({ load: async () => public_key, now, warn: () => {} });
  const headers = { date, 'x-messagemedia-signature': vector.signature, 'x-messagemedia-digest-type': digest };
  const event = httpApiEvent({ method, target, headers, body: Buffer.from(body_base64, 'base64') });
  const sent: QueueMessage[] = [];
  const outcomes: Outcome[] = [];
  const send = async (message: QueueMessage) => {
    sent.push(message);
  };
  const report = (outcome: Outcome) => outcomes.push(outcome);
  const receive = createReceiver({ keyring, send, now, toleranceSeconds: 60, report });
  const { statusCode } = await receive(event, 'invocation');
  const keys = await keyring.keys();
  const read = sent.map(({ body }) => readSigned(body));
  return {
    statusCode,
    outcomes,
    read: read.map(({ event: { time, mmdate } }) => ({ time, mmdate })),
    verdicts: read.map((each) => reverify(each, keys)),
    causes: diagnose(parseRequest(event), keys, { receivedAt: now(), toleranceSeconds: 60 }).causes,
  };
}

/** What `follow` gives for a request that is accepted as it is. */
const accepted = ({ date, seconds }: Vector) => ({
  statusCode: 202,
  outcomes: [expect.objectContaining({ outcome: 'accepted', age: 3 })],
  read: [{ time: new Date(seconds * 1000).toISOString(), mmdate: date }],
  verdicts: ['good'],
  causes: ['none'],
});

const vectors: Vector[] = JSON.parse(readFileSync(new URL('../vectors/jdk.json', import.meta.url), 'utf8'));

describe('what a Java program signed', () => {
  test.each(vectors)('with $date is accepted, read and explained', async (vector) => {
    expect(await follow(vector)).toEqual(accepted(vector));
  });

  test.each(vectors.filter(({ date }) => date.length === 28))(
    'with $date is refused with two digits',
    async (vector) => {
      const found = await follow(vector, vector.date.replace(', ', ', 0'));
      expect(found).toMatchObject({ statusCode: 401, outcomes: [{ reason: 'invalid_signature' }], read: [] });
      expect(found.causes).toEqual(['date_reformatted']);
    },
  );
});
