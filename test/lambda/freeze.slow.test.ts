import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { startQueue } from '../../sandbox/aws/queue.ts';
import { listen } from '../../sandbox/http.ts';
import { toWire } from '../../signing/sender.ts';
import { httpApiEvent, keyringOf, makeKey } from '../support.ts';

const key = makeKey();

test('requests that come after a freeze in the middle of the first load of the keyring are answered with 202', async () => {
  const queue = await startQueue();
  const asked = Promise.withResolvers<void>();
  let loads = 0;
  // The first load gets no answer to any of its tries, and most of its time passes while the process is frozen.
  const secrets = await listen(0, (request, response) => {
    request.resume();
    loads++;
    asked.resolve();
    if (loads <= 2) return;
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify({ SecretString: keyringOf(key) }));
  });
  const lambda = spawn(process.execPath, [fileURLToPath(new URL('./run-handler.ts', import.meta.url))], {
    env: {
      QUEUE_URL: queue.queueUrl,
      KEYRING_SECRET_ID: 'keyring',
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_ENDPOINT_URL_SQS: queue.url,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    const answers: number[] = [];
    const answered = Promise.withResolvers<void>();
    createInterface({ input: lambda.stdout }).on('line', (line) => {
      if (line.startsWith('{"answer"')) answers.push(JSON.parse(line).answer.statusCode);
      if (answers.length === 3) answered.resolve();
    });
    await asked.promise;
    lambda.kill('SIGSTOP');
    await sleep(3_600);
    for (const id of ['a', 'b', 'c']) {
      const body = JSON.stringify({ reply_id: id });
      const webhook = { method: 'POST', target: '/', contentType: 'application/json', body };
      lambda.stdin.write(`${JSON.stringify(httpApiEvent(toWire(webhook, key)))}\n`);
    }
    lambda.kill('SIGCONT');
    await answered.promise;
    expect(answers).toEqual([202, 202, 202]);
    expect(loads).toBe(3);
  } finally {
    lambda.kill('SIGKILL');
    await once(lambda, 'exit');
    await Promise.all([secrets.close(), queue.close()]);
  }
});
