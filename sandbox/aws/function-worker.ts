import { parentPort } from 'node:worker_threads';
import { handler } from '../../lambda/handler.ts';

parentPort?.on('message', async ({ id, event }: { id: string; event: string }) => {
  try {
    parentPort?.postMessage({ id, answer: await handler(JSON.parse(event), { awsRequestId: id }) });
  } catch (error) {
    parentPort?.postMessage({ id, error: String(error) });
  }
});
