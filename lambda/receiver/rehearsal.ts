import { signatureHeaders } from '../contract.ts';
import type { QueueMessage } from '../event/queue-message.ts';
import { createKeyring } from '../keys/keyring-cache.ts';
import { createReceiver } from './receiver.ts';

/** A webhook of nobody, signed by the openssl command with a key that no longer exists. */
const sample = {
  date: 'Wed, 18 Jul 2018 06:33:52 GMT',
  path: '/captureData',
  body: 'eyJkZWxpdmVyeV9yZXBvcnRfaWQiOiJkYzZmNzc3NC05NTcyLTQxYTgtOWE2Yi05OTc2YTk4ZGI0YTkiLCJzdGF0dXMiOiJkZWxpdmVyZWQifQ==',
  publicKey:
    'MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDaqElMSM3PU73n4TDLcmePpThTYORwan7C+FRs11t6OxzRQvm3HI47Sioq/BJ331qG6ABCD0' +
    '2LJKRRYEjRRt6sImCbomw+5f/uYd2IWNs8ESHNIqYYjLppvv3uJB2yRDUbkdP4hVbFSUGLLjJnXYnlVP/pmrPZZP1tOtZGkfSpkQIDAQAB',
  signature:
    'mLHU1pfqqATyFPJNEetzvnFyRVohKfeTi7TwWTow6m2muZE6PBSdzqUB5AUY38cRo+quLv2EdsK8lHfN2LA35+qvORI8lvrPHhkGqebrI5jKMf' +
    'Nrm85g7d7fYeLtz1/AMa7MvrhOeM9iuA1egdb20IgxJ6xMGP5pKPMyTbZIl6k=',
};

/**
 * Handles a webhook of its own, from the request to the call of SQS, so that all code on this way is compiled when the first
 * real one comes. It has a receiver, a keyring and a report of its own, so nothing of it can reach the queue or the log.
 *
 * @param send gets its message
 */
export async function rehearseWebhook(send: (message: QueueMessage) => Promise<void>): Promise<void> {
  const { date, path, body, publicKey, signature } = sample;
  const at = Date.parse(date);
  const keyring = JSON.stringify({ keys: [{ key_id: 'sample', public_key: publicKey, digest: 'SHA256' }] });
  const receive = createReceiver({
    keyring: createKeyring({ load: async () => keyring, now: () => at, warn: () => {} }),
    send,
    now: () => at,
    toleranceSeconds: 900,
    report: () => {},
  });
  const headers = {
    'content-type': 'application/json',
    date,
    [signatureHeaders.signature]: signature,
    [signatureHeaders.digest]: 'SHA256',
    [signatureHeaders.cipher]: 'RSA',
    [signatureHeaders.keyId]: 'sample',
  };
  const requestContext = { http: { method: 'POST', path }, requestId: 'rehearsal', stage: '$default' };
  const request = { version: '2.0', rawPath: path, rawQueryString: '', headers, requestContext };
  await receive({ ...request, body, isBase64Encoded: true }, 'rehearsal');
}
