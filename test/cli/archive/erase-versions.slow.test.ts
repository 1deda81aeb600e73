import { gunzipSync } from 'node:zlib';
import { afterEach, expect, test } from '@jest/globals';
import { erasePerson } from '../../../cli/archive/erase.ts';
import { findPerson } from '../../../cli/archive/find-person.ts';
import { openRange } from '../../../cli/archive/read-archive.ts';
import { eventTypes } from '../../../lambda/contract.ts';
import { offload } from '../../received.ts';
import { makeKey } from '../../support.ts';
import { messageOf, reportLine } from './archive.ts';
import { startVersionedArchive } from './versioned-s3.ts';

const at = '2026-11-25T10:00:00Z';
const key = makeKey();
const phone = '61491570157';
const own = (id: string) => reportLine(key, at, id, { source_number: `+${phone}` });
const other = (id: string) => reportLine(key, at, id, { source_number: '+61491570158' });
const large = (target: string, body: string) => {
  const pointer = offload(messageOf(key, at, body, { target }), Buffer.from(body));
  return { line: pointer.message, key: `data/${pointer.key}`, body };
};
const ownLarge = large(
  '/m',
  JSON.stringify({ reply_id: 'large', source_number: `+${phone}`, content: 'x'.repeat(100) }),
);
/** Two templates whose number is only in the URL may have the same body. */
const [ownShared, othersShared] = [phone, '61491570158'].map((number) => large(`/m?from=${number}`, '{"same":"body"}'));
const lines = {
  own: ['1', '2', '3', '4', '5', '6'].map(own),
  others: ['1', '2', '3', '4', '5', '6'].map((id) => other(`other-${id}`)),
};
const { deliveryReport, reply } = eventTypes;

const started: Awaited<ReturnType<typeof startVersionedArchive>>[] = [];
afterEach(() => Promise.all(started.splice(0).map((archive) => archive.close())));

/** Events of the person and of others: mixed, alone, large, in versions that were replaced, and in one that was removed. */
async function fill(status: 'Enabled' | 'Suspended' | '') {
  const archive = await startVersionedArchive('');
  started.push(archive);
  const [o, p] = [lines.others, lines.own] as [string[], string[]];
  const put = (name: string, ...some: (string | undefined)[]) =>
    archive.put(deliveryReport, at, some as string[], name);
  await put('mixed', o[0], p[0], o[1]);
  await put('alone', p[1]);
  await put('untouched', o[2]);
  await archive.put(reply, at, [ownLarge.line, String(ownShared?.line), String(othersShared?.line)], 'large');
  await archive.putObject(ownLarge.key, ownLarge.body);
  await archive.putObject(String(ownShared?.key), String(ownShared?.body));
  if (status === '') return archive;
  // What was there before the bucket kept versions has the version `null`.
  archive.state.status = 'Enabled';
  await put('mixed', o[0], p[0], o[1]);
  await put('replaced', o[3], p[2]);
  await put('replaced', o[4], p[3]);
  const removed = await put('removed', o[5], p[4]);
  await fetch(`${archive.url}/archive/${removed}`, { method: 'DELETE' });
  archive.state.status = status;
  return archive;
}

type Filled = Awaited<ReturnType<typeof fill>>;

async function erase(archive: Filled): Promise<number> {
  const found = await findPerson(await openRange(archive, {}), { phone });
  expect([found.unreadable, found.uncertain]).toEqual([[], []]);
  return erasePerson(archive, { phone }, found);
}

/** Every line that the bucket has of the person in any version, and what others have in those that are current. */
function left(archive: Filled) {
  const textOf = (body: Buffer) => (body[0] === 0x1f ? gunzipSync(body).toString() : body.toString()).split('\n');
  const all = archive.bodies().flatMap(textOf);
  const current = [...archive.objects.values()].flatMap(([newest]) => (newest?.body ? textOf(newest.body) : []));
  const ofPerson = all.filter((text) => text.includes(phone) || text === ownLarge.body);
  const ofOthers = [...lines.others, String(othersShared?.line), String(othersShared?.body)];
  return { ofPerson, missing: ofOthers.filter((text) => !current.includes(text)), all };
}

const settings = ['Enabled', 'Suspended', ''] as const;

test.each(settings)('with versioning %j the person is gone from every version, and nobody else is', async (status) => {
  const archive = await fill(status);
  const expected = status === '' ? 4 : 7;
  expect(await erase(archive)).toBe(expected);
  const without = status === '' ? lines.others.slice(3) : [];
  expect(left(archive)).toMatchObject({ ofPerson: [], missing: without });
  const { events, objects, data } = await findPerson(await openRange(archive, {}), { phone });
  expect([events, objects, data]).toEqual([0, [], []]);
});

class KilledError extends Error {}

test.each(settings)(
  'with versioning %j it can be killed after every call that changes something, and run again',
  async (status) => {
    let isDone = false;
    let kills = 0;
    for (let calls = 1; !isDone; calls++) {
      const archive = await fill(status);
      let done = 0;
      archive.client.middlewareStack.add(
        (next, { commandName = '' }) =>
          async (args) => {
            const output = await next(args);
            // After a call that only reads, all is as after the call before it.
            if (/^(Put|Delete)/.test(commandName) && ++done === calls) throw new KilledError();
            return output;
          },
        { step: 'initialize' },
      );
      isDone = await erase(archive).then(
        () => true,
        (error: Error) => {
          if (!(error instanceof KilledError) && !(error.cause instanceof KilledError)) throw error;
          return false;
        },
      );
      if (!isDone) {
        kills++;
        await erase(archive);
      }
      const { ofPerson, missing } = left(archive);
      expect([calls, ofPerson, missing]).toEqual([calls, [], status === '' ? lines.others.slice(3) : []]);
    }
    expect(kills).toBeGreaterThan(status === '' ? 4 : 10);
  },
);
