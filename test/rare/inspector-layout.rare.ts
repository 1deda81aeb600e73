import { readFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import { deliver, toWire } from '../../signing/sender.ts';
import { button, history, key, page, samples, sandbox, sendGood, title } from './inspector-in-browser.ts';

const manyCalls = () => {
  const request = { method: 'POST', path: '/x', target: '/x', rawHeaders: [], event: undefined, requestId: 'r' };
  const body = Buffer.from('{"a":1}\n'.repeat(200));
  for (let index = 0; index < 60; index++)
    history.add({ ...request, body }, { statusCode: 404, headers: {}, body: '{}' }, undefined);
};

test('on a phone, details open at their beginning, and close at the row', async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  manyCalls();
  for (const id of [3, 30]) {
    await page.locator(`#call-${id}`).click();
    await title(`Call ${id}:`);
    expect(await page.locator('.details').evaluate((details) => Math.round(details.getBoundingClientRect().top))).toBe(
      0,
    );
    await page.evaluate('scrollTo(0, document.body.scrollHeight)');
    await button('Back to the list').click();
    const top = await page.locator(`#call-${id}`).evaluate((row) => row.getBoundingClientRect().top);
    expect([top >= 0, top < 844]).toEqual([true, true]);
  }
});

test('another call begins at its beginning, though the one before was scrolled', async () => {
  manyCalls();
  await title('Call 60:');
  const tops = () =>
    page.evaluate("[...document.querySelectorAll('.details, .details pre')].map(({ scrollTop }) => scrollTop)");
  await page.evaluate("document.querySelectorAll('.details, .details pre').forEach((each) => each.scrollTo(0, 99))");
  expect(Math.max(...((await tops()) as number[]))).toBe(99);
  await page.keyboard.press('j');
  await title('Call 59:');
  expect(Math.max(...((await tops()) as number[]))).toBe(0);
});

test.each(['light', 'dark'] as const)('axe finds nothing in the %s theme, wide and narrow', async (colorScheme) => {
  await page.emulateMedia({ colorScheme });
  await sendGood();
  await deliver(sandbox.url, { ...toWire(samples.smsReply, key()), body: Buffer.from('{"other":"bytes"}') });
  await page.locator('.diagnosis').waitFor();
  const unanswered = httpRequest(sandbox.url, { method: 'POST' }).on('error', () => {});
  unanswered.write('x');
  await page.locator('.pending').waitFor();
  await page.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  for (const [width, isOpen] of [
    [1280, false],
    [390, false],
    [390, true],
  ] as const) {
    await page.setViewportSize({ width, height: 800 });
    if (isOpen) await page.locator('.call').first().click();
    const violations = await page.evaluate(async () => {
      interface Axe {
        run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>;
      }
      const result = await (globalThis as unknown as { axe: Axe }).axe.run();
      return result.violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]);
    });
    expect(violations).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  }
});
