// A sandbox, its inspector and a page in Chromium, new for each test of the file that imports this.
import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { LocalServer } from '../../sandbox/http.ts';
import { rotateNow } from '../../sandbox/inspector/actions.ts';
import { createHistory, type History } from '../../sandbox/inspector/history.ts';
import { startInspector } from '../../sandbox/inspector/inspector.ts';
import { startWatchedSandbox } from '../../sandbox/inspector/watched-sandbox.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { sampleWebhooks } from '../../signing/sample-webhooks.ts';
import { deliver, toWire } from '../../signing/sender.ts';

/** Webhooks of every kind to the sandbox. */
export const samples = sampleWebhooks('/messagemedia');

export let browser: Browser;
export let sandbox: Sandbox;
export let inspector: LocalServer;
export let history: History;
export let page: Page;
let problems: string[];

beforeAll(async () => {
  // A container has no user namespaces for Chromium's own sandbox.
  const args = ['--no-sandbox'];
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args });
}, 60_000);
afterAll(() => browser?.close());

beforeEach(async () => {
  history = createHistory({ calls: 1_000, bytes: 64 * 1024 * 1024 });
  sandbox = await startWatchedSandbox({ port: 0, history });
  await rotateNow(sandbox);
  inspector = await startInspector(0, sandbox, history);
  const context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] });
  page = await context.newPage();
  problems = [];
  page.on('pageerror', ({ message }) => problems.push(message));
  page.on('console', (message) => {
    // Chromium reports every answer above 399: for a break that changes nothing, and for a call that is no longer kept.
    if (message.type() === 'error' && !/ 40[49] /.test(message.text())) problems.push(message.text());
  });
  await page.goto(inspector.url);
  await page.locator('.toolbar').waitFor();
});
afterEach(async () => {
  await page.context().close();
  await inspector.close();
  await sandbox.close();
  expect(problems).toEqual([]);
});

export function key() {
  const signing = sandbox.provider.signingKey();
  if (signing === undefined) throw new Error('No key is enabled');
  return signing;
}
export const sendGood = () => deliver(sandbox.url, toWire(samples.smsReply, key()));
export const button = (name: string) => page.getByRole('button', { name, exact: true });
export const title = (text: string) => page.locator('h2', { hasText: text }).waitFor({ timeout: 10_000 });
export const counted = (text: string) => page.getByText(text, { exact: true }).waitFor({ timeout: 10_000 });
