import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from '@jest/globals';
import { openRange } from '../../../cli/archive/read-archive.ts';
import { verifyArchive } from '../../../cli/archive/verify.ts';
import { eventTypes } from '../../../lambda/contract.ts';
import { parseKeyring } from '../../../lambda/keys/keyring.ts';
import { keyringOf, makeKey } from '../../support.ts';
import { polledMessage, reportLine } from './archive.ts';
import { startVersionedArchive } from './versioned-s3.ts';

const day = 86_400_000;
const start = Date.parse('2026-10-25T00:00:00Z');
const now = start + 31 * day;
const key = makeKey();
const { keys } = parseKeyring(keyringOf(key));
const { deliveryReport, reply } = eventTypes;

let close: () => Promise<void>;
afterEach(() => close());

/** A month with three objects a day; some of its events arrived 26 hours or 40 days after they were signed. */
async function fillMonth(status: 'Enabled' | 'Suspended' | '') {
  const archive = await startVersionedArchive(status);
  close = archive.close;
  const objects: string[] = [];
  for (let number = 0; number < 93; number++) {
    const arrival = start + number * 8 * 3_600_000;
    archive.state.now = arrival;
    const late = number % 10 === 0 ? 26 * 3_600_000 : number % 11 === 0 ? 40 * day : 0;
    const signed = new Date(arrival - late).toISOString();
    const lines = [reportLine(key, signed, `${number}-a`), reportLine(key, signed, `${number}-b`)];
    objects.push(await archive.put(deliveryReport, new Date(arrival).toISOString(), lines, `object-${number}`));
  }
  archive.state.now = now;
  const bodyOf = (object: string) => archive.objects.get(object)?.[0]?.body ?? Buffer.alloc(0);
  const remove = (object = '') => fetch(`${archive.url}/archive/${object}`, { method: 'DELETE' });
  return { archive, objects, bodyOf, remove };
}

async function verify({ archive }: Awaited<ReturnType<typeof fillMonth>>, selection = {}) {
  const { badLines, lostVersions, ...report } = await verifyArchive(await openRange(archive, selection), keys);
  return {
    ...report,
    badLines: badLines.map(({ object, line }) => `${object} ${line}`),
    lostVersions: lostVersions.map(({ how, object, events }) => `${how} ${object} ${events}`),
  };
}

test('a month in which objects were removed and replaced: all are named and read', async () => {
  const month = await fillMonth('Enabled');
  const { archive, objects, bodyOf, remove } = month;
  const [removed = '', replaced = '', forged = '', comesBack = '', sameAgain = ''] = objects.slice(10);
  await remove(removed);
  await archive.putObject(replaced, gzipSync(''));
  await archive.putObject(forged, gzipSync(`${polledMessage('2026-10-29T00:00:00Z', '12-a')}\n`));
  await remove(comesBack);
  await archive.putObject(comesBack, gzipSync(`${reportLine(makeKey(), '2026-10-28T00:00:00Z', 'x')}\n`));
  // The client of the archive function writes the same twice, if an answer gets lost.
  await archive.putObject(sameAgain, bodyOf(sameAgain));
  const report = await verify(month);
  expect(report).toMatchObject({ versioning: 'Enabled', objects: 92, events: 93 * 2 + 2, polled: 1, bad: 1, lost: 4 });
  expect(report.good).toMatchObject([{ events: 93 * 2 }]);
  const named = [replaced, forged, comesBack].map((object) => `replaced ${object} 2`);
  expect(report.lostVersions.sort()).toEqual([`removed ${removed} 2`, ...named]);
  expect(report.badLines).toEqual([`${comesBack} 1`]);
  expect(await verify(month, { from: start, to: start + 3 * day })).toMatchObject({ events: 18, lost: 0, bad: 0 });
  expect(await verify(month, { types: [reply] })).toMatchObject({ events: 0, lost: 0 });
  expect(await verify(month, { id: '10-a' })).toMatchObject({ events: 1, lost: 1 });
});

test('what expired was not removed, and what was removed before its time was', async () => {
  const month = await fillMonth('Enabled');
  const { archive, objects, remove } = month;
  archive.state.expirationDays = 28;
  archive.state.now = start + 27 * day;
  await remove(objects[0]);
  archive.state.now = start + 28 * day + 8 * 3_600_000 + 100_000;
  await remove(objects[1]);
  await remove(objects[2]);
  expect((await verify(month)).lostVersions).toEqual([`removed ${objects[0]} 2`, `removed ${objects[2]} 2`]);
});

test.each(['Suspended', ''] as const)('with versioning %j it says so', async (status) => {
  const month = await fillMonth(status);
  await month.remove(month.objects[0]);
  expect(await verify(month)).toMatchObject({ versioning: status || 'none', events: 92 * 2, bad: 0, lost: 0 });
});
