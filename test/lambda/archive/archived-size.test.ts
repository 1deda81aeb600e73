import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { toArchiveLine } from '../../../lambda/archive/archive-line.ts';
import { sampleWebhooks } from '../../../signing/sample-webhooks.ts';
import { assumed } from '../../assumed.ts';
import { startReceiver } from '../../received.ts';
import { makeKey } from '../../support.ts';

test('an archived delivery report is as large as docs/costs.md says', async () => {
  const receive = startReceiver(makeKey('SHA256', 2048));
  const { deliveryReport } = sampleWebhooks('/messagemedia');
  const count = 200;
  const lines: string[] = [];
  for (let index = 0; index < count; index++) {
    // No two have an id in common.
    const body = String(deliveryReport.body).replaceAll(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, () => randomUUID());
    const { body: message } = await receive({ ...deliveryReport, body });
    lines.push(`${toArchiveLine(message)}\n`);
  }
  const bytes = gzipSync(lines.join('')).length / count;
  expect(bytes).toBeGreaterThan(assumed.archived * 0.9);
  expect(bytes).toBeLessThan(assumed.archived * 1.1);
});
