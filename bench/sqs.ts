// An SQS that accepts everything. It runs in its own process, so that its CPU time is not counted.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { listen, readBody } from '../sandbox/http.ts';

const server = await listen(0, async (request, response) => {
  const { MessageBody } = JSON.parse(String(await readBody(request)));
  // The SDK compares it by default.
  const MD5OfMessageBody = createHash('md5').update(MessageBody).digest('hex');
  const answer = JSON.stringify({ MessageId: 'm', MD5OfMessageBody });
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end(answer);
});
process.send?.(server.url);
await once(process, 'disconnect');
await server.close();
