import { S3Client } from '@aws-sdk/client-s3';
import { expect, test } from '@jest/globals';
import { readObject } from '../../../cli/archive/objects.ts';
import { localCredentials } from '../../../sandbox/aws/credentials.ts';
import { listen } from '../../../sandbox/http.ts';

const content = Buffer.from('0123456789'.repeat(100_000));

/** An S3 that breaks off after some bytes of each of its first answers. */
async function read(breaks: number) {
  let tries = 0;
  const server = await listen(0, (_request, response) => {
    response.writeHead(200, { 'content-length': content.length });
    if (++tries > breaks) response.end(content);
    else response.write(content.subarray(0, 200_000), () => response.destroy());
  });
  const client = new S3Client({
    endpoint: server.url,
    region: 'us-east-1',
    credentials: localCredentials,
    forcePathStyle: true,
  });
  try {
    return { bytes: Buffer.from(await readObject({ client, bucket: 'archive' }, 'key')), tries };
  } finally {
    client.destroy();
    await server.close();
  }
}

test('an object whose connection breaks is read again', async () => {
  const { tries, bytes } = await read(3);
  expect(bytes.equals(content)).toBe(true);
  expect(tries).toBe(4);
});

test('one that breaks each time is an error, not the end of the object', async () => {
  await expect(read(100)).rejects.toThrow();
});
