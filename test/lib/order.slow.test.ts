import { describe, expect, test } from '@jest/globals';
import { Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { EventQueue } from '../../lib/event-queue.ts';
import { Keyring } from '../../lib/keyring.ts';
import { WebhookReceiver } from '../../lib/webhook-receiver.ts';
import { combinations } from './settings/combinations.ts';
import { createApp, idOf, idsOf, stackOf, type TemplateJson, templateOf } from './support.ts';

const known = new WeakMap<TemplateJson, Map<string, string[]>>();

/** The resources that CloudFormation waits for before it changes a resource: those that it refers to or depends on. */
function prerequisites(json: TemplateJson, id: string): string[] {
  const ofTemplate = known.get(json) ?? new Map<string, string[]>();
  known.set(json, ofTemplate);
  const found = ofTemplate.get(id) ?? findPrerequisites(json, id);
  ofTemplate.set(id, found);
  return found;
}

function findPrerequisites({ Resources }: TemplateJson, id: string): string[] {
  const { DependsOn = [], ...resource } = Resources[id] ?? {};
  const text = JSON.stringify(resource);
  const references = [...text.matchAll(/\{"(?:Ref":"|Fn::GetAtt":\[")(\w+)"/g)].map(([, target]) => String(target));
  return [...new Set([DependsOn, references].flat())].filter((target) => target in Resources);
}

/** Whether the first is created or changed before the second. */
function isBefore(json: TemplateJson, first: string, second: string, seen = new Set<string>()): boolean {
  return prerequisites(json, second).some((id) => {
    if (id === first) return true;
    if (seen.has(id)) return false;
    seen.add(id);
    return isBefore(json, first, id, seen);
  });
}

const archiveQueues = ['ArchiveQueue', 'ArchiveDeadLetterQueue'];
const keyed = { customerManagedKey: 'true', rotationDays: '30', reconcileMinutes: '15' };
const archived = { ...keyed, archiveDays: '400' };

describe.each([{}, { frontDoor: 'rest' }, { ordering: 'standard' }])('a key on a live stack, with %j', (context) => {
  const { json } = stackOf({ ...archived, ...context });
  const policyOf = (shape: RegExp) => idOf(json, 'AWS::IAM::Policy', shape);
  const credentials = idOf(json, 'AWS::SecretsManager::Secret', /ApiCredentials/);

  test.each([
    [/^Receiver\w+KeyUse/, ['EventQueue', 'DeadLetterQueue', 'Keyring', 'OverflowBucket', ...archiveQueues]],
    [/^Rotation\w+KeyUse/, ['Keyring', credentials]],
    [/^Reconciliation\w+KeyUse/, ['EventQueue', 'DeadLetterQueue', 'OverflowBucket', credentials, ...archiveQueues]],
    [/^ArchiveStreams\w+KeyUse/, ['ArchiveBucket']],
    [/^ArchiveFunction\w+KeyUse/, ['ArchiveBucket', 'OverflowBucket', 'Keyring', ...archiveQueues]],
  ])('%s may use it before it encrypts anything', (shape, encrypted) => {
    const policy = policyOf(shape);
    expect(encrypted.filter((id) => !isBefore(json, policy, id))).toEqual([]);
    // It names only the key and its role, so there is nothing else to wait for.
    expect(
      prerequisites(json, policy)
        .map((id) => json.Resources[id]?.Type)
        .sort(),
    ).toEqual(['AWS::IAM::Role', 'AWS::KMS::Key']);
  });

  test('every use of the key is granted that way', () => {
    const users = idsOf(json, 'AWS::IAM::Policy').filter((id) => JSON.stringify(json.Resources[id]).includes('kms:'));
    expect(users.every((id) => /KeyUse[0-9A-F]{8}$/.test(id))).toBe(true);
    expect(users).toHaveLength(5);
  });
});

test('nothing waits for itself, in any combination', () => {
  // All of them have a key here.
  const others = combinations.filter(({ choices }) => choices.every(({ name }) => name !== 'key'));
  for (const context of [archived, ...others.map(({ context }) => ({ ...context, ...keyed }))]) {
    const { json } = stackOf(context);
    expect(Object.keys(json.Resources).filter((id) => isBefore(json, id, id))).toEqual([]);
  }
});

test('a queue of another stack is left to that stack', () => {
  const app = createApp();
  const shared = new Stack(app, 'Shared');
  const encryptionKey = new Key(shared, 'Key');
  const { queue } = new EventQueue(shared, 'Queue', { encryptionKey });
  const keyring = new Keyring(shared, 'Keyring', { encryptionKey });
  const stack = new Stack(app, 'Shop');
  new WebhookReceiver(stack, 'Receiver', { queue, keyring });
  expect(idsOf(templateOf(stack).json, 'AWS::IAM::Policy').filter((id) => id.includes('KeyUse'))).toHaveLength(1);
  expect(
    templateOf(shared).json.Resources[idOf(templateOf(shared).json, 'AWS::SecretsManager::Secret', /./)],
  ).not.toHaveProperty('DependsOn');
});
