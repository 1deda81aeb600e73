import { startQueue } from '../../../sandbox/aws/queue.ts';
import { startSecrets } from '../../../sandbox/aws/secrets.ts';
import { listen, readBody } from '../../../sandbox/http.ts';
import { receiverEnvironment } from '../../support.ts';

/** What SQS refuses, by its API reference: what is not in XML 1.0. */
const refused = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** SQS, S3 and Secrets Manager. What they cost is counted as the handler's, which errs on the safe side. */
export interface StandIns {
  /** The receiver's environment, but for the name of its secret. */
  environment: Record<string, string>;
  /** What was put on the queue since this was last asked. */
  takeSent: () => string[];
  close: () => Promise<void>;
}

/** @param values of the secrets, by name */
export async function startStandIns(values: Record<string, string>): Promise<StandIns> {
  let sent: string[] = [];
  // It keeps nothing, as a million messages are sent to it.
  const sqs = await listen(0, async (request, response) => {
    const { MessageBody } = JSON.parse(String(await readBody(request)));
    const isRefused = refused.test(MessageBody);
    if (!isRefused) sent.push(MessageBody);
    const body = isRefused ? { __type: 'com.amazonaws.sqs#InvalidMessageContents' } : { MessageId: 'm' };
    const type = { 'content-type': 'application/x-amz-json-1.0' };
    response.writeHead(isRefused ? 400 : 200, type).end(JSON.stringify(body));
  });
  const [storage, secrets] = await Promise.all([startQueue(), startSecrets()]);
  for (const [name, value] of Object.entries(values)) secrets.put(name, value);
  return {
    environment: {
      ...receiverEnvironment(storage, secrets),
      AWS_ENDPOINT_URL_SQS: sqs.url,
      AWS_ENDPOINT_URL_S3: storage.url,
      OVERFLOW_BUCKET: storage.overflowBucket,
    },
    takeSent: () => {
      const taken = sent;
      sent = [];
      return taken;
    },
    close: async () => {
      await Promise.all([sqs.close(), storage.close(), secrets.close()]);
    },
  };
}
