import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { templateFor, templateKinds } from '../../../cli/webhooks/templates.ts';
import { createProvider } from '../../../lambda/messagemedia/client.ts';
import { type ProviderSimulator, startProvider } from '../../../sandbox/messagemedia/server.ts';
import { sampleWebhooks } from '../../../signing/sample-webhooks.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const types = { 'delivery-report': 'DeliveryReport', reply: 'Reply', 'opt-out': 'OptOut' } as const;
type Kind = keyof typeof types;

/** A payload, and where it comes from. */
type Sample = [source: string, kind: Kind, json: string];

/** The examples of MessageMedia's API description, with what it says of billing units and of MMS without media. */
const vendor = {
  'delivery-report': [
    '{"callback_url":"http://example.com/bin","delivery_report_id":"693e87f2-a553-4281-9ffe-ddf04cbc4bf3","source_number":"+61491570156","date_received":"2016-11-03T11:49:02.807Z","status":"delivered","delay":0,"billing_units":1,"submitted_date":"2016-11-03T11:49:01.551Z","original_text":"Hello world!","message_id":"389dc1a8-62a4-4110-ba61-af94806c006f","vendor_account_id":{"vendor_id":"SinchEU","account_id":"MyAccount"},"error_code":"220","metadata":{"key":"value"}}',
    '{"delivery_report_id":"01e1fa0a-6e27-4945-9cdb-18644b4de043","source_number":"+61491570156","date_received":"2016-11-03T11:49:02.807Z","status":"delivered","delay":"0","submitted_date":"2016-11-03T11:49:02.807Z","message_id":"877c19ef-fa2e-4cec-827a-e1df9b5509f7","original_text":"Hello back","vendor_account_id":{"vendor_id":"SinchEU","account_id":"MyAccount001"},"error_code":"220","metadata":{"myKey":"myValue"}}',
    '{"callback_url":"https://example.com","delivery_report_id":"01e1fa0a-6e27-4945-9cdb-18644b4de043","source_number":"+61491570157","date_received":"2017-05-20T06:30:37.642Z","status":"enroute","delay":0,"billing_units":1,"submitted_date":"2017-05-20T06:30:37.639Z","original_text":"My first message!","message_id":"d781dcab-d9d8-4fb2-9e03-872f07ae94ba","vendor_account_id":{"vendor_id":"SinchEU","account_id":"MyAccount"},"metadata":{"key1":"value1"}}',
    '{"delivery_report_id":"d-1","status":"paused_by_a_future_api"}',
  ],
  reply: [
    '{"account_id":"DeveloperPortal7000","reply_id":"a175e797-2b54-468b-9850-41a3eab32f74","destination_number":"+61491593156","source_number":"+61491570156","date_received":"2016-12-07T08:44:00.850Z","message_id":"877c19ef-fa2e-4cec-827a-e1df9b5509f7","attachments":[{"content_type":"image/png","content":"dGVzdA==","original_name":"file.png"}],"metadata":{"myKey":"myValue"}}',
    '{"account_id":"DeveloperPortal7000","reply_id":"a175e797-2b54-468b-9850-41a3eab32f74","destination_number":"+61491593156","source_number":"+61491570156","date_received":"2016-12-07T08:44:00.850Z","message_id":"877c19ef-fa2e-4cec-827a-e1df9b5509f7","content":"Hello back","metadata":{"myKey":"myValue"}}',
    '{"callback_url":"https://example.com","content":"Hello back","date_received":"2016-11-03T11:49:02.807Z","destination_number":"+61491570156","message_id":"877c19ef-fa2e-4cec-827a-e1df9b5509f7","metadata":{},"reply_id":"a175e797-2b54-468b-9850-41a3eab32f74","source_number":"+61491570156","vendor_account_id":{"vendor_id":"SinchEU","account_id":"MyAccount001"}}',
  ],
  'opt-out': [
    '{"notification_id":"3e6e6b1a-6c1d-4b1a-9c1e-6f1a6b1a6c1d","account_id":"DeveloperPortal7000","destination_number":"+61491593156","source_number":"+61491570156","date_received":"2016-12-07T08:44:00.850Z","message_id":"877c19ef-fa2e-4cec-827a-e1df9b5509f7","content":"STOP","metadata":{"myKey":"myValue"}}',
  ],
} as const;

/** What Apache Velocity made of the templates of `mmw webhooks create`. */
function rendered(): Sample[] {
  const vectors: { template: string; rendered: string }[] = JSON.parse(
    readFileSync(join(root, 'test/vectors/velocity.json'), 'utf8'),
  );
  return templateKinds.flatMap((kind) =>
    vectors
      .filter(({ template }) => template === templateFor(kind))
      .map((vector): Sample => ['rendered', kind, vector.rendered]),
  );
}

/** The callbacks, webhooks and lists of the simulator, for messages with all fields and with few. */
async function simulated(provider: ProviderSimulator): Promise<Sample[]> {
  const api = createProvider({ baseUrl: provider.url, apiKey: provider.apiKey, apiSecret: provider.apiSecret });
  const url = 'http://example.com/';
  for (const kind of templateKinds) {
    const events = {
      'delivery-report': ['DELIVERED_DR'] as const,
      reply: ['RECEIVED_SMS', 'RECEIVED_MMS'] as const,
      'opt-out': ['OPT_OUT_SMS'] as const,
    }[kind];
    await api.createWebhook({
      url: url + kind,
      method: 'POST',
      encoding: 'JSON',
      events,
      template: templateFor(kind),
    });
  }
  const common = { content: 'Hi', delivery_report: true, destination_number: '+61491570156' };
  const full = { ...common, callback_url: `${url}callback`, source_number: '+61491570157', metadata: { order: '47' } };
  for (const { message_id } of await api.sendMessages([full, common])) {
    provider.reply(message_id, { content: 'Yes' });
    provider.reply(message_id, {
      attachments: [{ content_type: 'image/png', content: 'iVBORw0=', original_name: 'a.png' }],
    });
    provider.optOut(message_id);
    provider.optOut(message_id, false);
  }
  await provider.settled();
  const kindOf = (event: string): Kind =>
    event.endsWith('_DR') ? 'delivery-report' : event === 'OPT_OUT_SMS' ? 'opt-out' : 'reply';
  const told = provider.deliveries.map(({ event, request }): Sample => ['sent', kindOf(event), String(request.body)]);
  const reports = (await api.checkDeliveryReports()).map(
    (item): Sample => ['listed', 'delivery-report', JSON.stringify(item)],
  );
  const replies = (await api.checkReplies()).map((item): Sample => ['listed', 'reply', JSON.stringify(item)]);
  return [...told, ...reports, ...replies];
}

let provider: ProviderSimulator;
let folder: string;
let samples: Sample[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'payloads-'));
  const deliver = async () => ({ status: 202, headers: {}, body: '' });
  provider = await startProvider({ modulusLength: 1024, deliver });
  const own = sampleWebhooks('/m');
  const ownSamples = [own.deliveryReport, own.smsReply, own.mmsReply, own.optOut].map(({ body }) => String(body));
  const kinds: Kind[] = ['delivery-report', 'reply', 'reply', 'opt-out'];
  samples = [
    ...templateKinds.flatMap((kind) => vendor[kind].map((json): Sample => ['vendor', kind, json])),
    ...ownSamples.map((json, index): Sample => ['sample', kinds[index] ?? 'reply', json]),
    ...rendered(),
    ...(await simulated(provider)),
  ];
  // A Java service that writes what it does not know writes null.
  const nulls = samples.map(([source, kind, json]): Sample => {
    const fields = Object.keys(JSON.parse(json)).map((name) => [name, null]);
    return [`${source}, all null`, kind, JSON.stringify(Object.fromEntries(fields))];
  });
  samples = [...samples, ...nulls];
});
afterAll(async () => {
  await Promise.all([provider.close(), rm(folder, { recursive: true, force: true })]);
});

/** What the compiler says of these payloads as literals, which must have no field that the type does not name. */
async function problemsOf(payloads: readonly Sample[]): Promise<string> {
  const lines = payloads.map(([source, kind, json]) => `  // ${source}\n  ${json} satisfies payloads.${types[kind]},`);
  const imports = `import type * as payloads from '${join(root, 'lambda/event/payloads.ts')}';`;
  await writeFile(join(folder, 'samples.mts'), `${imports}\nexport const samples = [\n${lines.join('\n')}\n];\n`);
  const config = { extends: join(root, 'tsconfig.json'), compilerOptions: { types: [] }, include: ['*.mts'] };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  return promisify(execFile)(process.execPath, [tsc, '-p', folder, '--pretty', 'false'])
    .then(({ stdout }) => stdout)
    .catch(({ stdout }) => stdout);
}

test('what MessageMedia sends, lists and renders has only fields and types that the payloads have', async () => {
  const counts = Object.groupBy(samples, ([source, kind]) => `${source} ${kind}`);
  expect(Object.keys(counts).filter((name) => !name.endsWith('null')).length).toBeGreaterThanOrEqual(11);
  expect(await problemsOf(samples)).toBe('');
});

test('a field that no payload has, or of another type, would be found', async () => {
  const wrong: Sample[] = [
    ['wrong', 'reply', '{"reply_id":"r","notes":"x"}'],
    ['wrong', 'delivery-report', '{"delivery_report_id":"d","error_code":220}'],
  ];
  expect(await problemsOf(wrong)).toMatch(/notes\S* does not exist in type 'Reply'.*\n.*'number' is not assignable/);
});
