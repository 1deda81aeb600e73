// An SQS and a Secrets Manager that accept everything. They run in their own process, so that their CPU time is not counted.
// With a certificate, its private key and a keyring they speak HTTPS, as far away as a service in Lambda's own region.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttp, type RequestListener } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, connect, createServer as createProxy, type Server } from 'node:net';
import { pipeline } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { readBody } from '../sandbox/http.ts';

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

if (cert === undefined) process.send?.(`http://127.0.0.1:${await listen(createHttp(accept))}`);
else {
  const service = await listen(createHttps({ key, cert }, accept));
  const far = createProxy((client) => pipeline(client, connect(service, '127.0.0.1'), delay, client, () => {}));
  process.send?.(`https://127.0.0.1:${await listen(far)}`);
}
process.on('disconnect', () => process.exit());

/** The answers wait for both ways. The kernel opens a connection at once, which in AWS is a round trip more. */
async function* delay(answers: AsyncIterable<Buffer>) {
  for await (const bytes of answers) {
    await sleep(roundTrip);
    yield bytes;
  }
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
