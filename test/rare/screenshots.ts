// Takes the screenshot of the inspector in docs/images: node test/rare/screenshots.ts
import { chromium } from 'playwright-core';
import { createHistory } from '../../sandbox/inspector/history.ts';
import { startInspector } from '../../sandbox/inspector/inspector.ts';
import { startWatchedSandbox } from '../../sandbox/inspector/watched-sandbox.ts';
import { callbackPath } from '../../sandbox/sandbox.ts';
import { tour } from '../../sandbox/tour.ts';
import { sampleWebhooks } from '../../signing/sample-webhooks.ts';
import { deliver, toWire } from '../../signing/sender.ts';

const history = createHistory({ calls: 100, bytes: 10_000_000 });
const sandbox = await startWatchedSandbox({ port: 0, history });
const inspector = await startInspector(0, sandbox, history);
await tour(sandbox);
const reply = toWire(sampleWebhooks(callbackPath).smsReply, sandbox.provider.signingKey());
await deliver(sandbox.url, { ...reply, body: Buffer.from(JSON.stringify(JSON.parse(String(reply.body)), null, 2)) });

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
const page = await browser.newPage({ colorScheme: 'light', viewport: { width: 1280, height: 800 } });
await page.goto(inspector.url);
await page.locator('.call').first().click();
await page.locator('.diagnosis').waitFor();
await page.screenshot({ path: 'docs/images/inspector-light.png' });
await browser.close();
await inspector.close();
await sandbox.close();
