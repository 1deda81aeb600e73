import { expect, test } from '@jest/globals';
import { keptLines, startFunction } from '../../../sandbox/aws/function.ts';
import { httpApiEvent } from '../../support.ts';

test('a function that runs for long keeps its newest lines alone', async () => {
  const receiver = startFunction({
    QUEUE_URL: 'http://127.0.0.1:9/queue.fifo',
    KEYRING_SECRET_ID: 'keyring',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_SECRETS_MANAGER: 'http://127.0.0.1:9',
  });
  try {
    const unsigned = { method: 'POST', target: '/', headers: {}, body: Buffer.alloc(0) };
    const calls = keptLines + 50;
    for (let index = 0; index < calls; index++) {
      await receiver.invoke(JSON.stringify(httpApiEvent(unsigned, `request-${index}`)));
    }
    expect(await receiver.logOf(`request-${calls - 1}`)).toMatchObject({ reason: 'unsigned' });
    expect(receiver.output).toHaveLength(keptLines);
    expect(await receiver.logOf('request-0')).toBeUndefined();
  } finally {
    await receiver.close();
  }
});
