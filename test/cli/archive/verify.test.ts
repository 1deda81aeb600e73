import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readArchivedKeys } from '../../../cli/archive/archived-keys.ts';
import { findEvent } from '../../../cli/archive/find-event.ts';
import { findPerson } from '../../../cli/archive/find-person.ts';
import { judge } from '../../../cli/archive/judge.ts';
import { openRange } from '../../../cli/archive/read-archive.ts';
import { verifyArchive } from '../../../cli/archive/verify.ts';
import { toArchiveLine } from '../../../lambda/archive/archive-line.ts';
import { eventPartition } from '../../../lambda/archive-contract.ts';
import { eventTypes } from '../../../lambda/contract.ts';
import { parseKeyring } from '../../../lambda/keys/keyring.ts';
import { toJson } from '../../../terminal/text.ts';
import { bucket, offload, startReceiver, webhooksOfEveryForm } from '../../received.ts';
import { keyringOf, makeKey, type TestKey } from '../../support.ts';
import { type LocalArchive, messageOf, polledMessage, reportLine, startArchive } from './archive.ts';
import { startVersionedArchive } from './versioned-s3.ts';

const [old, key] = [makeKey('SHA224', 1024), makeKey('SHA256', 2048)];
const retired = (entry: TestKey, retired_at: string) =>
  JSON.stringify({ keys: [{ ...entry.answer, retired_at }, key.answer] });

async function verify(archive: LocalArchive, selection = {}) {
  const warnings: string[] = [];
  const keys = await readArchivedKeys(archive, selection, (message) => warnings.push(message));
  return { ...(await verifyArchive(await openRange(archive, selection), keys)), warnings };
}

describe('a range with a rotation in its middle', () => {
  let archive: LocalArchive;
  beforeAll(async () => {
    archive = await startArchive();
    const { deliveryReport, reply } = eventTypes;
    await archive.put(deliveryReport, '2026-11-24T10:00:00Z', [
      reportLine(old, '2026-11-24T09:59:50Z', 'd1'),
      reportLine(old, '2026-11-24T10:00:00Z', 'd2'),
    ]);
    await archive.put(deliveryReport, '2026-11-25T10:00:00Z', [
      reportLine(key, '2026-11-25T10:00:00Z', 'd3'),
      // A callback that is late, and carries its first signature.
      reportLine(old, '2026-11-24T11:00:00Z', 'd4'),
    ]);
    await archive.put(reply, '2026-11-25T10:00:00Z', [polledMessage('2026-11-25T09:00:00Z', 'p1')]);
    // Of the first day the archive has the keys as they were then.
    await archive.putKeys('2026-11-24', keyringOf(old));
    await archive.putKeys('2026-11-25', retired(old, '2026-11-24T12:00:00Z'));
  });
  afterAll(() => archive.queue.close());

  test('is good under either key, and says which', async () => {
    expect(await verify(archive)).toEqual({
      objects: 3,
      events: 5,
      good: [
        {
          keyId: old.id,
          bits: 1024,
          retiredAt: '2026-11-24T12:00:00.000Z',
          events: 3,
          fingerprint: createHash('sha256').update(Buffer.from(old.answer.public_key, 'base64')).digest('hex'),
        },
        {
          keyId: key.id,
          bits: 2048,
          retiredAt: undefined,
          events: 1,
          fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
        },
      ],
      polled: 1,
      bad: 0,
      badLines: [],
      lostVersions: [],
      ...{ versioning: 'none', lost: 0 },
      warnings: [],
    });
  });

  test('what a replaced key signs is bad, and so is what an unknown key signs', async () => {
    const stranger = makeKey();
    const object = await archive.put(eventTypes.optOut, '2026-11-25T11:00:00Z', [
      messageOf(old, '2026-11-25T11:00:00Z', { notification_id: 'forged' }),
      messageOf(stranger, '2026-11-25T11:00:00Z', { notification_id: 'strange' }),
      messageOf({ ...stranger, id: key.id }, '2026-11-25T11:00:00Z', { notification_id: 'pretender' }),
      'no event',
    ]);
    const { badLines, ...report } = await verify(archive, { types: [eventTypes.optOut] });
    expect(report).toMatchObject({ events: 3, good: [], bad: 4 });
    expect(badLines).toEqual([
      { object, line: 1, id: 'forged', reason: `its key ${old.id} was retired before the event was signed` },
      { object, line: 2, id: 'strange', reason: `its key ${stranger.id} is not among the keys of these days` },
      { object, line: 3, id: 'pretender', reason: 'its signature does not verify' },
      { object, line: 4, id: undefined, reason: 'The message is not JSON' },
    ]);
  });
});

describe('an archive of its own', () => {
  let archive: LocalArchive;
  beforeAll(async () => {
    archive = await startArchive();
  });
  afterAll(() => archive.queue.close());

  test('events of every form are good, as the receiver queues them', async () => {
    const receive = startReceiver(key);
    const messages = await Promise.all(Object.values(webhooksOfEveryForm(`/${randomUUID()}`)).map(receive));
    const { keys } = parseKeyring(keyringOf(key));
    for (const { body } of messages) {
      expect(await judge(archive, toArchiveLine(body), keys)).toMatchObject({ verdict: 'good', key: { id: key.id } });
    }
  });

  test('events that earlier versions archived stay good', async () => {
    const vectors: { keyring: object; data: Record<string, string>; lines: Record<string, string> } = JSON.parse(
      readFileSync(new URL('../../vectors/archived.json', import.meta.url), 'utf8'),
    );
    for (const [name, data] of Object.entries(vectors.data)) await archive.putObject(name, data);
    const { keys } = parseKeyring(JSON.stringify(vectors.keyring));
    const verdicts: Record<string, unknown> = {};
    for (const [name, line] of Object.entries(vectors.lines)) {
      const judgement = await judge(archive, line, keys);
      verdicts[name] = judgement.verdict === 'bad' ? judgement.reason : judgement.verdict;
    }
    expect(verdicts).toEqual(Object.fromEntries(Object.keys(vectors.lines).map((name) => [name, 'good'])));
    expect(Object.keys(verdicts).length).toBeGreaterThan(10);
  });

  test('the data of a large event is in the archive, and its hash is checked', async () => {
    const body = Buffer.from(JSON.stringify({ reply_id: 'large', content: 'x'.repeat(100_000) }));
    const pointer = offload(messageOf(key, '2026-11-25T11:00:00Z', String(body)), body);
    const { keys } = parseKeyring(keyringOf(key));
    const reason = async () => {
      const judgement = await judge(archive, pointer.message, keys);
      return judgement.verdict === 'bad' ? judgement.reason : judgement.verdict;
    };
    expect(pointer.message).toContain(`s3://${bucket}/`);
    expect(await reason()).toBe(`its data is missing: there is no data/${pointer.key}`);
    await archive.putObject(`data/${pointer.key}`, body);
    expect(await reason()).toBe('good');
    await archive.putObject(`data/${pointer.key}`, String(body).replace('x', 'y'));
    expect(await reason()).toBe(`its data was changed: data/${pointer.key} has a different hash`);
  });

  test('a keyring that cannot be read is skipped with a warning, and so is a broken key', async () => {
    await archive.putKeys('2026-11-25', '{"keys":');
    await archive.putKeys(
      '2026-11-25',
      JSON.stringify({ keys: [{ key_id: 'broken', public_key: 'AAAA' }, key.answer] }),
    );
    const warnings: string[] = [];
    const keys = await readArchivedKeys(archive, {}, (message) => warnings.push(message));
    expect(keys.map(({ id }) => id)).toEqual([key.id]);
    expect(warnings.sort()).toEqual(
      Array(2).fill(
        expect.stringMatching(/^keys\/year=2026\/month=11\/day=25\/.*: The keyring secret (starts like|yields no key)/),
      ),
    );
  });

  test('a changed attribute is named, though it is not signed', async () => {
    const message = messageOf(key, '2026-11-25T11:00:00Z', { delivery_report_id: 'one', message_id: 'm' });
    const forged = message.replace('"subject":"m"', '"subject":"n"');
    expect(await judge(archive, forged, parseKeyring(keyringOf(key)).keys)).toEqual({
      verdict: 'bad',
      reason: 'its signature is good, but its subject does not match the signed bytes',
    });
  });

  test('any changed byte is found, but in the name of the media type', async () => {
    const { keys } = parseKeyring(keyringOf(key));
    const body = '{"reply_id":"r-1",\n"message_id":"m-1","date_received":"2026-11-25T10:59:58.000Z","content":"yes"}';
    const line = Buffer.from(toArchiveLine(messageOf(key, '2026-11-25T11:00:00Z', body)));
    const label = line.indexOf('application/json');
    const isLabel = (at: number) => at >= label && at < label + 'application/json'.length;
    const id = line.indexOf(key.id);
    const isCaseOfKeyId = ([at, difference]: [number, number]) =>
      difference === 0x20 && at >= id && at < id + key.id.length && /[a-f]/.test(key.id.charAt(at - id));
    const change = fc.tuple(fc.nat(line.length - 1), fc.integer({ min: 1, max: 255 }));
    await fc.assert(
      fc.asyncProperty(
        change.filter(([at]) => !isLabel(at)).filter((one) => !isCaseOfKeyId(one)),
        async ([at, difference]) => {
          const changed = Buffer.from(line);
          changed[at] = (changed[at] ?? 0) ^ difference;
          expect((await judge(archive, changed.toString('utf8'), keys)).verdict).toBe('bad');
        },
      ),
      { numRuns: 400 },
    );
  });
});

describe('where keys name accounts', () => {
  const [own, named] = [makeKey(), makeKey()];
  const { keys } = parseKeyring(
    JSON.stringify({
      keys: [
        { ...own.answer, account: 'A' },
        { ...named.answer, account: 'B' },
      ],
    }),
  );
  const withSource = (line: string, source: string) =>
    line.replace(/"source":"[^"]*"/, `"source":"urn:messagemedia${source}"`);
  const nobody = { archive: {} as LocalArchive };

  test.each<[string, string, string, object]>([
    ['the account of its key', 'good', ':account:A', {}],
    ['the account that its body names, from before keys named one', 'good', ':account:sub', { account_id: 'sub' }],
    ['none, from before keys named one', 'good', '', {}],
    ['another account', 'bad', ':account:B', {}],
    ['an account that neither key nor body names', 'bad', ':account:C', { account_id: 'sub' }],
    ['the account of another key, as its body says', 'bad', ':account:B', { account_id: 'B' }],
  ])('an event with the source of %s is %s', async (_whose, verdict, source, fields) => {
    const line = withSource(reportLine(own, '2026-11-24T10:00:00Z', 'd1', fields), source);
    expect(await judge(nobody.archive, line, keys)).toMatchObject({ verdict });
  });
});

test('one nested line or one hostile object ends no run', async () => {
  const at = '2026-11-25T10:00:00Z';
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  const { keys } = parseKeyring(keyringOf(key));
  const archive = await startVersionedArchive();
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
  await archive.close();
});
