import { SendMessageCommand, SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs';
import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { ConnectingAgent, ReconnectingHandler } from '../../lambda/connections.ts';
import { queueSettings } from '../../lambda/event/queue-sender.ts';
import { rehearse } from '../../lambda/warm-up.ts';
import { localCredentials } from '../../sandbox/aws/credentials.ts';
import { readBody } from '../../sandbox/http.ts';
import { type Certificate, listenTls, makeCertificate, type TlsServer } from '../tls-server.ts';

let certificate: Certificate;
let server: TlsServer;
let agent: ConnectingAgent;
/** Messages that the server got, each with the number of its try. */
let received: [body: string, attempt: string][];

beforeAll(() => {
  certificate = makeCertificate();
});
beforeEach(async () => {
  received = [];
  server = await listenTls(certificate, async (request, response) => {
    const { MessageBody } = JSON.parse(String(await readBody(request)));
    received.push([MessageBody, String(request.headers['amz-sdk-request'])]);
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{"MessageId":"real"}');
  });
  agent = new ConnectingAgent();
  agent.options.ca = certificate.cert;
});
afterEach(() => server.close());

function clientOf(changes: SQSClientConfig = {}): SQSClient {
  const requestHandler = new ReconnectingHandler({ httpsAgent: agent });
  const settings = { endpoint: server.url, region: 'eu-west-1', credentials: localCredentials, requestHandler };
  return new SQSClient({ ...settings, ...queueSettings, ...changes });
}

const commandOf = (MessageBody: string) =>
  new SendMessageCommand({ QueueUrl: 'https://sqs.eu-west-1.amazonaws.com/000000000000/events', MessageBody });

/** What became of the call that is rehearsed: its output, or its error. */
async function rehearsed(client: SQSClient, answer = '{"MessageId":"rehearsed"}', by = agent): Promise<unknown> {
  const command = commandOf('rehearsal');
  return rehearse(command, () => client.send(command), by, answer).catch((error: unknown) => error);
}

test("the call runs to its end, and nothing is sent: the SDK's own middleware signs it and reads the answer", async () => {
  const client = clientOf();
  const seen: unknown[] = [];
  client.middlewareStack.add(
    (next) => async (call) => {
      seen.push((call.request as { headers: unknown }).headers);
      return next(call);
    },
    { step: 'deserialize' },
  );
  expect(await rehearsed(client)).toMatchObject({ MessageId: 'rehearsed', $metadata: { attempts: 1 } });
  expect(seen).toMatchObject([{ authorization: expect.stringMatching(/^AWS4-HMAC-SHA256 .*Signature=/) }]);
  expect([server.connections(), received]).toEqual([1, []]);
  // The next call goes to the service, over that connection, and gets its own answer.
  expect(await client.send(commandOf('event'))).toMatchObject({ MessageId: 'real' });
  expect(received).toEqual([['event', 'attempt=1; max=3']]);
  expect(server.connections()).toBe(1);
  client.destroy();
});

test('a call without credentials fails where it would fail', async () => {
  const client = clientOf({ credentials: () => Promise.reject(new Error('no credentials')) });
  expect(await rehearsed(client)).toMatchObject({ message: 'no credentials' });
  expect([server.connections(), received]).toEqual([0, []]);
});

test('an answer that the SDK cannot read fails the call, and the connection is open', async () => {
  const client = clientOf();
  expect(await rehearsed(client, 'no JSON')).toBeInstanceOf(Error);
  expect(server.connections()).toBe(1);
  client.destroy();
});

test.each([
  // Nothing on this machine listens at these ports.
  ['without TLS is nothing', 'http://127.0.0.1:1', []],
  ["at the services' own endpoints, which name no port, is at 443", 'https://sqs.eu-west-1.amazonaws.com', [443]],
])('the connection that is opened %s', async (_what, endpoint, expected) => {
  const ports: number[] = [];
  class Recording extends ConnectingAgent {
    override async connect(_host: string, port: number): Promise<void> {
      ports.push(port);
    }
  }
  expect(await rehearsed(clientOf({ endpoint }), undefined, new Recording())).toMatchObject({ MessageId: 'rehearsed' });
  expect(ports).toEqual(expected);
});
