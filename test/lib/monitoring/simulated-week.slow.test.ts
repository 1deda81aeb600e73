import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { samples, stackOf } from '../support.ts';
import {
  type Alarm,
  alarmsOf,
  type Change,
  type Metrics,
  type Series,
  seriesOf,
  simulate,
  type Undocumented,
} from './cloudwatch.ts';
import { failures, type Told } from './failures.ts';
import { type Failure, outage, simulateWeek, type World, week } from './week.ts';

const traffics = [1, 100, 1_000] as const;
const readings: Undocumented[] = [
  { lookBack: 0, fillsNothing: true },
  { lookBack: 2, fillsNothing: false },
];

const settings = {
  rotationDays: '30',
  reconcileMinutes: '15',
  archiveDays: '400',
  ...samples.domain,
  ...samples.alarmTopic,
};
// With one webhook a day, a day without any is nothing unusual.
const alarmsAt = (perDay: number): Alarm[] =>
  alarmsOf(stackOf(perDay === 1 ? settings : { ...settings, silenceAlarmMinutes: '90' }).json);

const known = new Map<Series | undefined, { id: string; changes: Change[]; series: (Series | undefined)[] }[]>();

/** The same metrics give the same states, so each week of an alarm is simulated once. */
function changesOf(alarm: Alarm, metrics: Metrics, reading: Undocumented): Change[] {
  const series = seriesOf(alarm, metrics);
  const id = JSON.stringify([alarm.name, reading]);
  const first = series.find((one) => one !== undefined);
  const ofFirst = known.get(first) ?? [];
  known.set(first, ofFirst);
  const same = ofFirst.find((one) => one.id === id && one.series.every((other, index) => other === series[index]));
  if (same) return same.changes;
  const changes = simulate(alarm, metrics, week, reading);
  ofFirst.push({ id, changes, series });
  return changes;
}

const weeks = new Map<string, World>();
function weekWith(perDay: number, name: string, failure: Failure): World {
  const key = `${perDay} ${name}`;
  const world = weeks.get(key) ?? simulateWeek(perDay, failure);
  weeks.set(key, world);
  return world;
}

/** What people are told in a week: all alarms that went off, in their order. */
function toldBy(perDay: number, metrics: Metrics, reading: Undocumented) {
  const alarms = alarmsAt(perDay).map((alarm) => ({ alarm, changes: changesOf(alarm, metrics, reading) }));
  return alarms.filter(({ changes }) => changes.some(({ state }) => state === 'ALARM'));
}

const namesOf = (told: ReturnType<typeof toldBy>) => told.map(({ alarm }) => alarm.name);

describe.each(traffics)('with %i webhooks a day', (perDay) => {
  describe.each(readings)('and CloudWatch read as %j', (reading) => {
    test('nobody is told anything while nothing is wrong', () => {
      const { metrics } = simulateWeek(perDay, {});
      const changes = alarmsAt(perDay).map((alarm) => ({
        name: alarm.name,
        changes: changesOf(alarm, metrics, reading),
      }));
      expect(changes.filter((one) => one.changes.length > 0)).toEqual([]);
    });

    test('a scanner at night alarms nobody on a day with webhooks', () => {
      const names = namesOf(toldBy(perDay, simulateWeek(perDay, { scans: true }).metrics, reading));
      expect(names).toEqual([]);
    });

    test.each(failures.filter(({ atLeast = 1 }) => perDay >= atLeast))(
      'its alarm goes off once, and ends only afterwards: $name',
      (failure) => {
        const told = toldBy(perDay, weekWith(perDay, failure.name, failure).metrics, reading);
        const others = namesOf(told).filter((name) => name !== failure.alarm);
        // Whatever keeps webhooks away is also silence.
        const also = [...(failure.also ?? []), ...(failure.webhook || failure.isKeyringBroken ? ['Silence'] : [])];
        expect(also).toEqual(expect.arrayContaining(others));
        const { alarm, changes } = told.find((one) => one.alarm.name === failure.alarm) ?? {};
        expect(changes?.map(({ state }) => state)).toEqual(['ALARM', 'OK']);
        const [begins, ends] = changes ?? [];
        expect(begins?.minute).toBeGreaterThanOrEqual(outage.from);
        // More dead letters are told of, not for how long they are there.
        if (ends && alarm?.tells.OK) expect(ends.minute).toBeGreaterThanOrEqual(outage.to);
        expect(alarm?.tells.ALARM).toBe(true);
      },
    );
  });
});

test('in a new stack only those alarms are on that wait for something to come', () => {
  const names = readings.map((reading) => namesOf(toldBy(100, new Map(), reading)));
  const waiting = ['ReconciliationFailures', 'ArchiveKeysFailed', 'Silence'];
  expect(names).toEqual([waiting, waiting]);
});

/** How long after a failure shows its alarm goes off, whichever way CloudWatch is read. */
function delayOf(perDay: number, failure: Told): string {
  if (perDay < (failure.atLeast ?? 1)) return '–';
  const { metrics, firstEffect } = weekWith(perDay, failure.name, failure);
  const begins = failure.shows === undefined ? firstEffect : outage.from + failure.shows;
  const delays = readings.map((reading) => {
    const alarm = alarmsAt(perDay).find(({ name }) => name === failure.alarm);
    const [first] = alarm ? changesOf(alarm, metrics, reading) : [];
    return (first?.minute ?? Number.NaN) - begins;
  });
  return words(Math.max(...delays));
}

function words(minutes: number): string {
  if (minutes <= 5) return 'at once';
  if (minutes <= 45) return `${Math.ceil(minutes / 5) * 5} minutes`;
  const hours = Math.round(minutes / 60);
  return hours === 1 ? 'an hour' : `${hours} hours`;
}

test('docs/operations.md says what tells of each failure, and when', () => {
  const told = failures.map((failure) => {
    const alarm = alarmsAt(100).find(({ name }) => name === failure.alarm);
    const delays = traffics.map((perDay) => delayOf(perDay, failure));
    const after = new Set(delays).size === 1 ? delays[0] : delays.join(' / ');
    return { name: failure.name, alarm: `[${failure.alarm}](#${alarm?.section}) | ${after}` };
  });
  // Failures with one alarm that goes off as fast share a row.
  const rows = [...Map.groupBy(told, ({ alarm }) => alarm)].map(
    ([alarm, group]) => `| ${group.map(({ name }) => name).join('; ')} | ${alarm} |`,
  );
  const page = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8');
  expect(page.split('\n').filter((line) => /^\|.*\| \[\w+\]\(#[\w-]+\) \| /.test(line))).toEqual(rows);
});
