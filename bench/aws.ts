// An SQS and a Secrets Manager that accept everything. They run in their own process, so that their CPU time is not counted.
// With a folder of a certificate and a keyring they speak HTTPS, as far away as a service in Lambda's own region.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttp, type RequestListener } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, connect, createServer as createProxy, type Server, type Socket } from 'node:net';
import { readBody } from '../sandbox/http.ts';

/** Milliseconds that bytes take to a service and back. */
const [there, back] = [2, 3];
const [folder] = process.argv.slice(2);
const read = (name: string) => readFileSync(`${folder}/${name}`, 'utf8');

const accept: RequestListener = async (request, response) => {
  const { MessageBody } = JSON.parse(String(await readBody(request)));
  // The SDK compares it by default.
  const md5 = () => createHash('md5').update(MessageBody).digest('hex');
  const isSend = MessageBody !== undefined;
  const answer = isSend ? { MessageId: 'm', MD5OfMessageBody: md5() } : { SecretString: read('keyring.json') };
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(answer));
};

if (folder === undefined) process.send?.(`http://127.0.0.1:${await listen(createHttp(accept))}`);
else {
  const service = await listen(createHttps({ key: read('key.pem'), cert: read('cert.pem') }, accept));
  process.send?.(`https://127.0.0.1:${await listen(createProxy((client) => delay(client, service)))}`);
}
process.on('disconnect', () => process.exit());

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function delay(client: Socket, port: number): void {
  const service = connect(port, '127.0.0.1');
  // The kernel answers a new connection at once, so what it should have taken is added to the first bytes.
  let opening = there + back;
  client.on('data', (bytes) => {
    setTimeout(() => service.write(bytes), opening + there);
    opening = 0;
  });
  service.on('data', (bytes) => setTimeout(() => client.write(bytes), back));
  for (const [one, other] of [[client, service] as const, [service, client] as const])
    one
      .setNoDelay(true)
      .on('error', () => other.destroy())
      .on('close', () => other.destroy());
}
