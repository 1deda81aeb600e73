import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectLockConfigurationCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { erasePerson } from '../../../cli/archive/erase.ts';
import { findPerson } from '../../../cli/archive/find-person.ts';
import { openRange } from '../../../cli/archive/read-archive.ts';
import { archiveFileExtension, eventPartition } from '../../../lambda/archive-contract.ts';
import { eventTypes } from '../../../lambda/contract.ts';
import { messageOf } from '../../cli/archive/archive.ts';
import type { Proof, Run } from '../proof.ts';

const phone = '61491570157';
const at = '2026-11-24T10:00:00Z';

/** Archives two replies, of the person and of somebody else, and one that is the person's alone. */
async function fill(run: Run, bucket: string): Promise<{ mixed: string; alone: string; other: string }> {
  const reply = (source_number: string) =>
    messageOf(run.firstKey, at, { reply_id: randomUUID(), source_number: `+${source_number}` });
  const other = reply('61491570158');
  const put = async (name: string, lines: string[]) => {
    const Key = `${eventPartition(eventTypes.reply, new Date(at))}${name}${archiveFileExtension}`;
    const Body = gzipSync(lines.map((line) => `${line}\n`).join(''));
    await run.clients.s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
    return Key;
  };
  return { mixed: await put('mixed', [reply(phone), other]), alone: await put('alone', [reply(phone)]), other };
}

/** Every version of an object and every marker of its deletion. */
async function versions(client: S3Client, Bucket: string, Prefix: string): Promise<number> {
  const { Versions = [], DeleteMarkers = [] } = await client.send(new ListObjectVersionsCommand({ Bucket, Prefix }));
  return Versions.length + DeleteMarkers.length;
}

async function contentOf(client: S3Client, Bucket: string, Key: string): Promise<string> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
  return gunzipSync((await Body?.transformToByteArray()) ?? new Uint8Array()).toString();
}

export const archiveErasure: Proof[] = [
  {
    claim: "A person's events in a bucket that keeps versions",
    prove: async (run) => {
      const client = run.clients.s3;
      const bucket = `versions-${randomUUID()}`;
      await client.send(new CreateBucketCommand({ Bucket: bucket }));
      const VersioningConfiguration = { Status: 'Enabled' as const };
      await client.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration }));
      const { mixed, alone, other } = await fill(run, bucket);
      const found = await findPerson(await openRange({ client, bucket }, {}), { phone });
      assert.deepEqual([found.events, found.locks], [2, []]);
      assert.equal(await erasePerson({ client, bucket }, { phone }, found), 2);
      assert.deepEqual([await versions(client, bucket, mixed), await versions(client, bucket, alone)], [1, 0]);
      assert.equal(await contentOf(client, bucket, mixed), `${other}\n`);
      return 'erased with every old version; the event of somebody else is still there';
    },
  },
  {
    claim: "A person's events in a bucket with Object Lock",
    prove: async (run) => {
      const client = run.clients.s3;
      const bucket = `locked-${randomUUID()}`;
      await client.send(new CreateBucketCommand({ Bucket: bucket, ObjectLockEnabledForBucket: true }));
      await client.send(
        new PutObjectLockConfigurationCommand({
          Bucket: bucket,
          ObjectLockConfiguration: {
            ObjectLockEnabled: 'Enabled',
            Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 400 } },
          },
        }),
      );
      const { mixed, alone } = await fill(run, bucket);
      const before = await contentOf(client, bucket, mixed);
      const found = await findPerson(await openRange({ client, bucket }, {}), { phone });
      assert.deepEqual(
        found.locks.map(({ key, mode }) => [key, mode]),
        [
          [alone, 'COMPLIANCE'],
          [mixed, 'COMPLIANCE'],
        ],
      );
      await assert.rejects(
        erasePerson({ client, bucket }, { phone }, found),
        /is locked \(COMPLIANCE\).*before 20\d\d-/,
      );
      assert.equal(await contentOf(client, bucket, mixed), before);
      assert.equal(await versions(client, bucket, mixed), 1);
      return 'not erased, and told until when they are locked';
    },
  },
];
