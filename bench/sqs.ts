// An SQS that accepts everything. It runs in its own process, so that its CPU time is not counted.
import { once } from 'node:events';
import { listen, readBody } from '../sandbox/http.ts';

const server = await listen(0, async (request, response) => {
  await readBody(request);
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{"MessageId":"m"}');
});
process.send?.(server.url);
await once(process, 'disconnect');
await server.close();
