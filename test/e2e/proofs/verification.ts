import assert from 'node:assert/strict';
import { type CloudTrailClient, type LookupAttributeKey, paginateLookupEvents } from '@aws-sdk/client-cloudtrail';
import type { RejectionReason } from '../../../lambda/contract.ts';
import type { sampleWebhooks } from '../../../signing/sample-webhooks.ts';
import { toWire, type WireRequest } from '../../../signing/sender.ts';
import { account } from '../ministack.ts';
import type { Proof, Run } from '../proof.ts';
import { expectAccepted, expectNothingQueued, expectQueued, expectRefused, samples } from '../webhooks.ts';

const kinds: Record<keyof ReturnType<typeof sampleWebhooks>, string> = {
  deliveryReport: 'delivery report',
  smsReply: 'SMS reply with emoji',
  mmsReply: 'MMS reply with attachment',
  optOut: 'opt-out',
  xml: 'XML webhook',
  form: 'form webhook',
  get: 'GET webhook with an encoded query',
};

function signed([kind, name]: [string, string]): Proof {
  return {
    claim: `signed ${name}`,
    prove: async (run) => {
      const webhook = samples(run)[kind as keyof typeof kinds];
      const { event } = await expectQueued(run, toWire(webhook, run.firstKey));
      return `202, on the deployed queue as ${event.type}, verified again from the message alone`;
    },
  };
}

function refused(name: string, reason: RejectionReason, make: (run: Run) => WireRequest): Proof {
  return {
    claim: name,
    prove: async (run) => {
      await expectRefused(run, make(run), reason);
      return `401, nothing queued, logged as ${reason}`;
    },
  };
}

const good = (run: Run) => toWire(samples(run).smsReply, run.firstKey);

export const verification: Proof[] = [
  ...Object.entries(kinds).map(signed),
  refused('unsigned webhook', 'unsigned', (run) => toWire(samples(run).smsReply, undefined)),
  refused('changed body', 'invalid_signature', (run) => {
    const request = good(run);
    return { ...request, body: Buffer.from(String(request.body).replace('bis', 'BIS')) };
  }),
  {
    claim: 'replay of the delivery report',
    prove: async (run) => {
      await expectAccepted(run, toWire(samples(run).deliveryReport, run.firstKey));
      await expectNothingQueued(run);
      return '202, queued once';
    },
  },
  {
    claim: 'the function',
    prove: async ({ clients }) => {
      const calls = await callsOfFunction(clients.cloudTrail);
      const names = [...new Set(calls.map(({ eventName }) => eventName))].sort();
      assert.deepEqual(names, ['GetSecretValue', 'SendMessage'], 'it called something else');
      const node = /md\/nodejs#(\S+)/.exec(calls[0]?.userAgent ?? '')?.[1];
      assert.match(String(node), /^24\./, 'it does not run on Node 24');
      return `runs on Node ${node}, and its role called ${names.join(' and ')}, nothing else`;
    },
  },
];

interface TrailEntry {
  eventName: string;
  userAgent: string;
  userIdentity: { accessKeyId: string };
}

/** Every call made with the function's own temporary credentials. Only the function reads the keyring with such. */
async function callsOfFunction(client: CloudTrailClient): Promise<TrailEntry[]> {
  const readers = await lookUp(client, 'EventName', 'GetSecretValue');
  const reader = readers.find(({ userIdentity }) => userIdentity.accessKeyId !== account.credentials.accessKeyId);
  assert.ok(reader, 'the function has not read the keyring');
  return lookUp(client, 'AccessKeyId', reader.userIdentity.accessKeyId);
}

async function lookUp(client: CloudTrailClient, key: LookupAttributeKey, value: string): Promise<TrailEntry[]> {
  const entries: TrailEntry[] = [];
  const query = { LookupAttributes: [{ AttributeKey: key, AttributeValue: value }] };
  for await (const { Events = [] } of paginateLookupEvents({ client }, query)) {
    for (const { CloudTrailEvent = '{}' } of Events) entries.push(JSON.parse(CloudTrailEvent));
  }
  return entries;
}
