import { expect, test } from '@jest/globals';
import { listen } from '../../sandbox/http.ts';
import { explain, formatTable } from '../../terminal/output.ts';
import { toJson, visible, visibleOnOneLine } from '../../terminal/text.ts';
import { localEnvironment, run, start } from '../cli/terminal.ts';

test('control characters are written out, line breaks and all other characters stay', () => {
  expect(visible('a\u0000\t\r\u001b[2J\u007f\u0085\u009b1m\u200e\u202e\u2066\u061c\u2028')).toBe(
    'a\\u0000\\u0009\\u000d\\u001b[2J\\u007f\\u0085\\u009b1m\\u200e\\u202e\\u2066\\u061c\\u2028',
  );
  expect(visible('Größe\n你好 👍🏽 👨‍👩‍👧')).toBe('Größe\n你好 👍🏽 👨‍👩‍👧');
  expect(visibleOnOneLine('a\nb')).toBe('a\\u000ab');
});

test('every character can be in a cell, in JSON, and in an error', () => {
  const all = String.fromCodePoint(...Array.from({ length: 0x2100 }, (_, index) => index));
  expect(formatTable(['head'], [[all]])).toContain('\\u0001');
  expect(toJson({ all })).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
  expect(JSON.parse(toJson({ all }, 2))).toEqual({ all });
  const error = new Error('outside', { cause: new Error('\u001b[2J') });
  expect(explain(error)).toBe('outside\n  because: \\u001b[2J');
});

test('a table that is wider than the terminal becomes a block of lines for each row', () => {
  const rows = [
    ['9e1bd0c9', 'https://hooks.example.com/messagemedia', 'A\nB'],
    ['0a7f2f9f', '', 'C'],
  ];
  expect(formatTable(['id', 'url', 'events'], rows, 80)).toContain('│ id       │ url');
  expect(formatTable(['id', 'url', 'events'], rows, 50)).toBe(
    [
      '9e1bd0c9',
      '  url     https://hooks.example.com/messagemedia',
      '  events  A',
      '          B',
      '',
      '0a7f2f9f',
      '  events  C',
    ].join('\n'),
  );
});

test('errors of AWS say what was called, and where', async () => {
  const server = await listen(0, (_request, response) => {
    response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify({ __type: 'com.amazonaws.sqs#QueueDoesNotExist', message: 'It is not there.' }));
  });
  try {
    const env = localEnvironment({ AWS_ENDPOINT_URL_SQS: server.url });
    const { stderr } = await run(['queue', 'stats', '--queue-url', 'my-queue'], env);
    expect(stderr).toBe(`It is not there. (GetQueueAttributes of my-queue in us-east-1 at ${server.url})\n`);
  } finally {
    await server.close();
  }
});

const lateNotice = (call: string) =>
  new RegExp(`${call} for 2 s: waiting until \\d\\d:\\d\\d:\\d\\d at the latest\\. Ctrl-C stops\\.`);

test('a call of MessageMedia that hangs says so', async () => {
  const server = await listen(0, (_request, response) => {
    setTimeout(() => response.writeHead(200, { 'content-type': 'application/json' }).end('{"pageData":[]}'), 2_500);
  });
  try {
    const env = localEnvironment({
      MESSAGEMEDIA_API_KEY: 'key',
      MESSAGEMEDIA_API_SECRET: 'secret',
      MESSAGEMEDIA_BASE_URL: server.url,
    });
    const { stderr } = await run(['webhooks', 'list'], env);
    expect(stderr).toMatch(lateNotice('has not answered'));
  } finally {
    await server.close();
  }
});

test('a call of AWS that hangs says so, but not one that waits for messages', async () => {
  const server = await listen(0, (_request, response) => {
    setTimeout(() => response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{}'), 2_500);
  });
  try {
    const env = localEnvironment({
      AWS_ENDPOINT_URL_SQS: server.url,
      QUEUE_URL: 'events',
      DEAD_LETTER_QUEUE_URL: 'dead',
    });
    const { stderr } = await run(['queue', 'stats'], env);
    expect(stderr).toMatch(lateNotice('AWS has not answered GetQueueAttributes of events'));
    const tail = start(['queue', 'tail', '--yes'], env);
    await tail.said('Waiting for messages');
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    tail.process.kill('SIGINT');
    expect((await tail.done).stderr).not.toContain('has not answered');
  } finally {
    await server.close();
  }
});

test('what MessageMedia answers cannot write on the screen', async () => {
  const webhook = {
    id: '9e1bd0c9-5c0c-4a3e-8f0e-0a7f2f9f6a11',
    url: 'https://a.example',
    method: 'POST',
    events: ['a\u001b[2J\u009b31m\u202e'],
  };
  const server = await listen(0, ({ headers }, response) => {
    const answers = {
      one: [200, { page: 0, pageSize: 100, pageData: [webhook] }],
      two: [400, { message: 'no\u001b]0;title\u0007', details: ['\u009b2J'] }],
    };
    const [status, body] = answers[headers.account as 'one' | 'two'];
    response.writeHead(Number(status), { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  const env = localEnvironment({
    MESSAGEMEDIA_BASE_URL: server.url,
    MESSAGEMEDIA_API_KEY: 'key',
    MESSAGEMEDIA_API_SECRET: 'secret',
  });
  try {
    for (const args of [[], ['--json']]) {
      for (const account of ['one', 'two']) {
        const { stdout, stderr } = await run(['webhooks', 'list', '--account', account, ...args], env);
        expect(stdout + stderr).toContain('\\u001b');
        expect((stdout + stderr).replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
      }
    }
  } finally {
    await server.close();
  }
});
