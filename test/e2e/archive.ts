import { gunzipSync } from 'node:zlib';
import { GetObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { archivePrefixes } from '../../lambda/archive-contract.ts';
import type { QueuedEvent } from '../../lambda/contract.ts';
import { type KeyringEntry, readEntries } from '../../lambda/keys/keyring-secret.ts';
import { outputs } from '../../lambda/stack-outputs.ts';
import type { Run } from './proof.ts';
import { readKeys } from './secret.ts';
import { until } from './waiting.ts';

/** What the stack is deployed with as long as it has an archive. */
export const archiveSettings = { customerManagedKey: 'true', archiveDays: '400' };

/** A line of the archive. It is read here without the code of `mmw archive`, which the proofs compare with it. */
export interface ArchivedLine {
  object: string;
  event: QueuedEvent;
}

/** Name of the deployed archive's bucket. */
export function bucketOf({ stack }: Run): string {
  const bucket = stack.outputs[outputs.archiveBucketName];
  if (!bucket) throw new Error('The stack has no archive');
  return bucket;
}

/** Keys of objects. */
export async function listObjects(run: Run, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  const query = { Bucket: bucketOf(run), Prefix: prefix };
  for await (const { Contents = [] } of paginateListObjectsV2({ client: run.clients.s3 }, query)) {
    keys.push(...Contents.map(({ Key = '' }) => Key));
  }
  return keys;
}

export async function readObject(run: Run, key: string): Promise<Buffer> {
  const { Body } = await run.clients.s3.send(new GetObjectCommand({ Bucket: bucketOf(run), Key: key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? '');
}

/** Waits until the archive has all these events. @returns all that it has */
export async function untilArchived(run: Run, ids: readonly string[]): Promise<ArchivedLine[]> {
  const objects = new Map<string, ArchivedLine[]>();
  const all = () => [...objects.values()].flat();
  await until('all events are in the archive', async () => {
    const news = (await listObjects(run, archivePrefixes.events)).filter((key) => !objects.has(key));
    await Promise.all(news.map(async (key) => objects.set(key, parseLines(key, await readObject(run, key)))));
    const found = new Set(all().map(({ event }) => event.id));
    return ids.every((id) => found.has(id));
  });
  return all();
}

function parseLines(object: string, body: Buffer): ArchivedLine[] {
  const lines = gunzipSync(body).toString().trimEnd().split('\n');
  return lines.map((line) => ({ object, event: JSON.parse(line) }));
}

/** Waits until the schedule has archived every key of the secret as it is now: before a proof takes them away again. */
export async function untilKeysArchived(run: Run): Promise<void> {
  const statesIn = (keyring: string) =>
    (readEntries(keyring) as KeyringEntry[]).map(({ key_id, retired_at }) => `${key_id} ${retired_at}`);
  const wanted = statesIn((await readKeys(run)).keyring);
  await until('all keys are in the archive', async () => {
    const objects = await listObjects(run, archivePrefixes.keys);
    const bodies = await Promise.all(objects.map((key) => readObject(run, key)));
    const found = new Set(bodies.flatMap((body) => statesIn(String(body))));
    return wanted.every((key) => found.has(key));
  });
}
