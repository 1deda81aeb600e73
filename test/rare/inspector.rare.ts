import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { expect, test } from '@jest/globals';
import { badSenders } from '../../sandbox/bad-senders.ts';
import { listen } from '../../sandbox/http.ts';
import { deliver, toWire } from '../../signing/sender.ts';
import {
  browser,
  button,
  counted,
  history,
  inspector,
  key,
  page,
  samples,
  sandbox,
  sendGood,
  title,
} from './inspector-in-browser.ts';

test('a call appears within a second, without a reload, and says what became of it', async () => {
  await sendGood();
  const answeredAt = performance.now();
  await page.locator('.call', { hasText: 'queued' }).waitFor({ timeout: 5_000 });
  expect(performance.now() - answeredAt).toBeLessThan(1_000);
  await title('Call 1: ✓ queued 202');
  const details = await page.locator('.details').innerText();
  expect(details).toContain('"signature": "good"');
  expect(details).toContain('com.messagemedia.reply');
});

test('each kind is sent, and each way of breaking it shows a diagnosis of its own', async () => {
  const kinds = Object.keys(samples);
  for (const [index, kind] of kinds.entries()) {
    await page.locator('#kind').selectOption(kind);
    await button('Send').click();
    await counted(`${index + 1} calls`);
  }
  expect(history.summaries().map(({ verdict }) => verdict)).toEqual(kinds.map(() => 'queued'));

  await page.locator('#kind').selectOption('smsReply');
  const seen: [string, string][] = [];
  for (const { name } of badSenders) {
    await page.locator('#broken').selectOption(name);
    const before = history.summaries().length;
    await button('Send').click();
    const wasSent = await Promise.race([
      counted(`${before + 1} calls`).then(() => true),
      page
        .getByText(`"${name}" does not change this webhook`)
        .waitFor()
        .then(() => false),
    ]);
    if (!wasSent) continue;
    await title(`Call ${before + 1}:`);
    seen.push([name, (await page.locator('.causes').innerText()).replace('Cause: ', '').trim()]);
  }
  const expected = badSenders.map(({ name, cause }) => [name, cause]);
  expect(seen).toEqual(expected.filter(([name]) => seen.some(([other]) => other === name)));
  expect(seen.length).toBeGreaterThan(30);
}, 120_000);

test('script in body, header and key id is shown, and not run', async () => {
  const script = '<img src=x onerror="document.title=1"><script>document.title=1</script>';
  const webhook = { ...samples.smsReply, body: `{"content":${JSON.stringify(script)}}`, contentType: script };
  await deliver(sandbox.url, toWire(webhook, { ...key(), id: script }));
  await page.locator('.diagnosis').waitFor();
  expect(await page.locator('.details').innerText()).toContain('<script>document.title=1</script>');
  expect(await page.locator('.details img, .details script, .list img, .list script').count()).toBe(0);
  expect(await page.title()).toBe('Webhook inspector');
});

test('control characters and marks of direction are shown by name', async () => {
  await deliver(sandbox.url, toWire({ ...samples.smsReply, body: '\ufeff{"a":1}\r\n\u202e' }, key()));
  await page.locator('.signed .body .invisible').first().waitFor();
  const names = await page.locator('.signed .body .invisible').allInnerTexts();
  expect(names).toEqual(['BOM', 'CR', 'LF', 'U+202E']);
});

test('keys move, open, replay and help, and the newest is followed until then', async () => {
  await sendGood();
  await sendGood();
  await title('Call 2:');
  await page.keyboard.press('j');
  await title('Call 1:');
  await sendGood();
  await counted('3 calls');
  await title('Call 1:');
  await page.keyboard.press('Enter');
  expect(await page.evaluate('document.activeElement.id')).toBe('details-title');
  await page.keyboard.press('r');
  await counted('4 calls');
  await page.keyboard.press('k');
  await title('Call 2:');
  await button('Follow the newest').click();
  await title('Call 4:');
  await page.keyboard.press('?');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
});

test('the list is filtered by verdict and by text', async () => {
  await sendGood();
  await deliver(sandbox.url, toWire(samples.optOut, undefined));
  await counted('2 calls');
  await page.getByLabel('Verdict').selectOption('refused');
  await counted('1 of 2 calls');
  await page.getByLabel('Verdict').selectOption('all');
  await page.getByLabel('Text').fill('REPLY');
  await counted('1 of 2 calls');
  expect(await page.locator('.call').innerText()).toContain('reply');
});

test('a dependency fails and is mended, and a key is rotated, by buttons', async () => {
  await button('Queue down').click();
  await button('Queue down: end it').waitFor();
  const sending = sendGood();
  await page.locator('.call', { hasText: 'queue_unavailable' }).waitFor({ timeout: 15_000 });
  expect((await sending).status).toBe(503);
  await button('Queue down: end it').click();
  await button('Queue down').waitFor();
  expect((await sendGood()).status).toBe(202);

  const before = key().id;
  await button('Rotate the key now').click();
  await page.locator('.callback', { hasNotText: before.slice(0, 8) }).waitFor();
  expect(key().id).not.toBe(before);
  // The function has not read the keyring again in the last 3 s.
  await page.waitForTimeout(3_100);
  expect((await sendGood()).status).toBe(202);

  await button('Secrets Manager down').click();
  await button('Secrets Manager down: end it').waitFor();
  expect((await sendGood()).status).toBe(503);
  await button('Secrets Manager down: end it').click();
  await button('Secrets Manager down').waitFor();
  await page.waitForTimeout(3_100);
  expect((await sendGood()).status).toBe(202);
}, 60_000);

test('a request without an answer has a row until it is answered', async () => {
  const request = httpRequest(`${sandbox.url}/elsewhere`, { method: 'POST' });
  request.write('x');
  const row = page.locator('.pending', { hasText: 'no answer yet' });
  await row.waitFor({ timeout: 5_000 });
  expect(await row.innerText()).toContain('POST /elsewhere');
  request.end();
  await page.locator('.call', { hasText: 'no_route' }).waitFor();
  await row.waitFor({ state: 'detached' });
  await page.locator('.diagnosis', { hasText: 'Its path is /messagemedia.' }).waitFor();
});

test('the curl command sends the same call again', async () => {
  await sendGood();
  await button('Copy as curl').click();
  await button('Copied').waitFor();
  const command = String(await page.evaluate('navigator.clipboard.readText()'));
  await once(spawn('bash', ['-c', `${command} -s -o /dev/null`]), 'close');
  await counted('2 calls');
  expect(history.summaries().map(({ status }) => status)).toEqual([202, 202]);
});

test('a page of another origin can neither read nor write', async () => {
  await sendGood();
  const elsewhere = await listen(0, (_request, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end('<p>hi'),
  );
  const stranger = await browser.newPage();
  await stranger.goto(elsewhere.url);
  const attempts = await stranger.evaluate(async (url) => {
    const attempt = async (path: string, init?: RequestInit) => {
      try {
        const response = await fetch(url + path, init);
        return `${response.type} ${response.status}`;
      } catch {
        return 'blocked';
      }
    };
    const headers = { 'content-type': 'application/json' };
    return [
      await attempt('/state'),
      await attempt('/calls/1'),
      await attempt('/rotate', { method: 'POST', body: '{}', headers }),
      await attempt('/rotate', { method: 'POST', body: '{}', mode: 'no-cors' }),
    ];
  }, inspector.url);
  // Requests without a preflight are sent and refused by the inspector, and the page cannot read the answer.
  expect(attempts.slice(0, 3)).toEqual(['blocked', 'blocked', 'blocked']);
  expect(attempts[3]).not.toContain('200');
  expect(sandbox.provider.signatureKeys()).toHaveLength(1);
  await stranger.close();
  await elsewhere.close();
}, 30_000);

test('5,000 calls: quick, and memory stays flat', async () => {
  const client = await page.context().newCDPSession(page);
  const heap = async () => {
    await client.send('HeapProfiler.collectGarbage');
    return (await client.send('Runtime.getHeapUsage')).usedSize;
  };
  const request = {
    ...{ method: 'POST', path: '/messagemedia', target: '/messagemedia', rawHeaders: [], event: undefined },
    ...{ body: Buffer.from('{}'), requestId: 'r' },
  };
  const add = async (count: number) => {
    for (let index = 0; index < count; index++) {
      history.add(request, { statusCode: 401, headers: {}, body: '{}' }, undefined);
      if (index % 50 === 0) await page.waitForTimeout(10);
    }
  };
  await add(1_500);
  await counted('1000 calls');
  const before = await heap();
  await add(3_500);
  await page.locator('#call-5000').waitFor({ timeout: 5_000 });
  const pressed = performance.now();
  await page.keyboard.press('j');
  await page.locator('#call-4999[aria-current]').waitFor();
  expect(performance.now() - pressed).toBeLessThan(2_000);
  expect(await page.locator('.call').count()).toBe(200);
  expect((await heap()) / before).toBeLessThan(1.5);
}, 120_000);
