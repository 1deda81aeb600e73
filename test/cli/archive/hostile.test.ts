import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from '@jest/globals';
import { findEvent } from '../../../cli/archive/find-event.ts';
import { findPerson } from '../../../cli/archive/find-person.ts';
import { openRange } from '../../../cli/archive/read-archive.ts';
import { verifyArchive } from '../../../cli/archive/verify.ts';
import { eventPartition } from '../../../lambda/archive-contract.ts';
import { eventTypes } from '../../../lambda/contract.ts';
import { parseKeyring } from '../../../lambda/keys/keyring.ts';
import { toJson } from '../../../terminal/text.ts';
import { keyringOf, makeKey } from '../../support.ts';
import { messageOf, polledMessage, reportLine } from './archive.ts';
import { startVersionedArchive } from './versioned-s3.ts';

const at = '2026-11-25T10:00:00Z';
const key = makeKey();
const { keys } = parseKeyring(keyringOf(key));
const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;

let close: () => Promise<void>;
afterEach(() => close());

test('one nested line or one hostile object ends no run', async () => {
  const archive = await startVersionedArchive();
  close = archive.close;
  const { reply, webhook } = eventTypes;
  await archive.put(reply, at, [polledMessage(at, 'deep').replace(/\{"reply_id".*\}\}/, `{"reply_id":${deep}}}`)]);
  await archive.put(webhook, at, [messageOf(key, at, deep, { target: '/m?kind=webhook' })]);
  await archive.put(reply, at, [messageOf(key, at, '{"a":1,"mmarchivedas":"data_base64","data_base64":"AAAA"}')]);
  const hour = eventPartition(reply, new Date(at));
  await archive.putObject(`${hour}\u001b[2J name+of %41\n.jsonl.gz`, gzipSync(reportLine(key, at, 'named')));
  await archive.putObject(`${hour}denied`, 'x');
  archive.state.denied = `${hour}denied`;
  const range = await openRange(archive, {});
  expect(await verifyArchive(range, keys)).toMatchObject({
    ...{ events: 4, polled: 1, bad: 1, lost: 0 },
    badLines: [{ reason: 'the object cannot be read: S3 answers AccessDenied' }],
  });
  const found = await findPerson(range, { phone: '61491570157' });
  expect(found).toMatchObject({ events: 0, uncertain: [], unreadable: [{ line: 1 }] });
  const evidence = await findEvent({ ...range, selection: { id: 'deep' } }, keys, () => {});
  expect(toJson(evidence, 2)).toContain('"verdict": "polled"');
});
