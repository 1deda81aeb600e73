import { S3Client } from '@aws-sdk/client-s3';
import { expect, test } from '@jest/globals';
import { readObject } from '../../../cli/archive/object-bytes.ts';
import { localCredentials } from '../../../sandbox/aws/credentials.ts';
import { listen } from '../../../sandbox/http.ts';
import { collect } from './archive.ts';

const content = Buffer.from('0123456789'.repeat(100_000));

/** An S3 that breaks off after some bytes of each of its first answers. */
async function read(breaks: number) {
  const ranges: (string | undefined)[] = [];
  const server = await listen(0, (request, response) => {
    const { range, 'if-match': match } = request.headers;
    ranges.push(range && `${range} ${match}`);
    const start = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    const rest = content.subarray(start);
    response.writeHead(range ? 206 : 200, { 'content-length': rest.length, etag: '"e"' });
    if (ranges.length > breaks) response.end(rest);
    else response.write(rest.subarray(0, 200_000), () => response.destroy());
  });
  const client = new S3Client({
    endpoint: server.url,
    region: 'us-east-1',
    credentials: localCredentials,
    forcePathStyle: true,
  });
  try {
    const bytes = await collect(readObject({ client, bucket: 'archive' }, 'key'));
    return { ranges, bytes: Buffer.concat(bytes) };
  } finally {
    client.destroy();
    await server.close();
  }
}

test('a connection that breaks goes on where it was, with the same object', async () => {
  const { ranges, bytes } = await read(3);
  expect(bytes.equals(content)).toBe(true);
  expect(ranges).toHaveLength(4);
  for (const range of ranges.slice(1)) expect(range).toMatch(/^bytes=[1-9]\d*- "e"$/);
});

test('one that breaks each time is an error, not the end of the object', async () => {
  await expect(read(100)).rejects.toThrow();
});
