// An SQS and a Secrets Manager that accept everything. They run in their own process, so that their CPU time is not counted.
// With a certificate, its private key and a keyring they speak HTTPS, as far away as a service in Lambda's own region.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { type AddressInfo, connect, createServer } from 'node:net';
import { pipeline } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { listen, readBody } from '../sandbox/http.ts';
import { listenTls } from '../test/tls-server.ts';

/** Milliseconds that bytes take to a service and back. */
const roundTrip = 5;
const [cert, key, keyring] = process.argv.slice(2);

const accept: RequestListener = async (request, response) => {
  const { MessageBody } = JSON.parse(String(await readBody(request)));
  // The SDK compares it by default.
  const md5 = () => createHash('md5').update(MessageBody).digest('hex');
  const answer = MessageBody === undefined ? { SecretString: keyring } : { MessageId: 'm', MD5OfMessageBody: md5() };
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(answer));
};

if (cert === undefined || key === undefined) process.send?.((await listen(0, accept)).url);
else {
  const { port } = await listenTls({ cert, key }, accept);
  const far = createServer((client) => pipeline(client, connect(port, '127.0.0.1'), delay, client, () => {}));
  await once(far.listen(0, '127.0.0.1'), 'listening');
  process.send?.(`https://127.0.0.1:${(far.address() as AddressInfo).port}`);
}
process.on('disconnect', () => process.exit());

/** The answers wait for both ways. The kernel opens a connection at once, which in AWS is a round trip more. */
async function* delay(answers: AsyncIterable<Buffer>) {
  for await (const bytes of answers) {
    await sleep(roundTrip);
    yield bytes;
  }
}
