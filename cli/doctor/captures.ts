import { randomUUID } from 'node:crypto';
import { type _Object, GetObjectCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { capturePrefix } from '../../lambda/contract.ts';
import type { Diagnostics } from '../../lambda/keys/keyring-secret.ts';
import type { KeyringStore } from '../../lambda/keys/keyring-store.ts';
import { type Capture, readCapture } from './read-capture.ts';

type Store = Pick<KeyringStore, 'updateDiagnostics'>;

/**
 * Lets running functions keep the next refused requests, in place of what was asked for before.
 *
 * @param count how many requests at most
 * @param minutes for how long at most
 */
export async function startCapturing(
  keyring: Store,
  count: number,
  minutes: number,
): Promise<Required<Diagnostics>['capture']> {
  const until = new Date(Date.now() + minutes * 60_000).toISOString();
  const capture = { id: randomUUID(), count, until };
  await keyring.updateDiagnostics((diagnostics) => ({ ...diagnostics, capture }));
  return capture;
}

/** Lets them keep no more. */
export async function stopCapturing(keyring: Store): Promise<void> {
  await keyring.updateDiagnostics(({ capture: _, ...others }) => others);
}

export interface KeptCapture extends Capture {
  name: string;
}

/** All captured requests in the bucket, the oldest first. */
export async function readCaptures(client: S3Client, bucket: string): Promise<KeptCapture[]> {
  const objects: _Object[] = [];
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: capturePrefix }))
    objects.push(...Contents);
  const time = ({ LastModified }: _Object) => LastModified?.getTime() ?? 0;
  const captures: KeptCapture[] = [];
  for (const { Key: name = '' } of objects.sort((one, other) => time(one) - time(other))) {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: name }));
    captures.push({ name, ...readCapture(Buffer.from((await Body?.transformToByteArray()) ?? [])) });
  }
  return captures;
}
