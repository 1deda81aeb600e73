import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Evening, spend } from './bad-day.ts';
import { type BadDay, badDays, longDays } from './bad-days.ts';
import { type LocalTable, startTable } from './table.ts';

/** Most days are spent waiting. */
const atOnce = 10;

/** Every fault, for one event of ten and for all. @param command starts the consumer, see `startConsumer` */
export function describeBadDays(name: string, command: readonly string[]): void {
  describe(`${name}, when`, () => {
    const evenings = new Map<BadDay, PromiseSettledResult<Evening>>();
    let table: LocalTable;
    beforeAll(async () => {
      table = await startTable();
      // The longest begin first.
      const waiting = [...badDays, ...longDays].toSorted((a, b) => (b.milliseconds ?? 0) - (a.milliseconds ?? 0));
      const work = async () => {
        for (let day = waiting.shift(); day !== undefined; day = waiting.shift()) {
          const [evening] = await Promise.allSettled([spend(day, command, table)]);
          evenings.set(day, evening);
        }
      };
      await Promise.all(Array.from({ length: atOnce }, work));
    }, 180_000);
    afterAll(() => table.close());

    const eveningOf = (day: BadDay): Evening => {
      const outcome = evenings.get(day);
      if (outcome?.status !== 'fulfilled') throw outcome?.reason;
      return outcome.value;
    };

    test.each(badDays.map((day) => ({ ...day, day })))('$fault, $of: $end', ({ day, of, end }) => {
      const { effects, deadLetters } = eveningOf(day);
      const isLost = end === 'dead letter';
      expect({ effects, deadLetters }).toEqual({
        effects: Array.from({ length: 10 }, (_, index) => (isLost && (of === 'all' || index === 0) ? 0 : 1)),
        deadLetters: isLost ? [0] : [],
      });
    });

    test('the log has the same lines, with the same fields, as those of other consumers', () => {
      const days = badDays.filter(({ fault, of }) => logged.includes(fault) && of === 'one of ten');
      const lines = [...new Set(days.flatMap((day) => linesOf(eveningOf(day).log)))];
      expect(lines.filter((line) => !certain.includes(line) && !possible.includes(line))).toEqual([]);
      expect(lines).toEqual(expect.arrayContaining(certain));
    });

    test.each(longDays.map((day) => ({ ...day, day })))(
      '$fault for $hours hours: $end',
      ({ day, end, least, most }) => {
        const { effects, deadLetters, hours } = eveningOf(day);
        const both = [0, 1];
        const isLost = end === 'dead letter';
        expect(effects).toEqual(both.map(() => (isLost ? 0 : 1)));
        expect(deadLetters).toEqual(isLost ? both : []);
        expect(hours).toBeGreaterThan(least);
        expect(hours).toBeLessThan(most);
      },
    );
  });
}

function linesOf(log: readonly string[]): string[] {
  const entries = log.flatMap((line) => (line.startsWith('{"level"') ? [JSON.parse(line)] : []));
  return entries.map((entry) => {
    const error = fieldsOf(entry.error ?? {}, ['name', 'message', 'stack']);
    return `${entry.level} ${entry.message}: ${fieldsOf(entry, common)} ${error}`;
  });
}

/** Days whose log is compared. */
const logged = ['throws', 'exits', 'is slow', 'secrets are down', 'time is short', 'table refuses', 'dies'];
const error = 'message,name,stack';
/** What these days have in the log for certain, and what depends on the order in which events are begun. */
const certain = [
  `INFO handled: eventId,level,message,messageId,service,timestamp `,
  `ERROR not handled: error,eventId,level,message,messageId,service,timestamp ${error}`,
  `WARN not begun: too little time is left: level,message,messageId,service,timestamp `,
  `WARN cannot read the keyring: using the keys that are loaded: error,level,message,service,timestamp ${error}`,
];
const possible = [
  `INFO skipped: it was handled before: eventId,level,message,messageId,service,timestamp `,
  `WARN SQS does not know yet what was handled: error,level,message,service,timestamp ${error}`,
];

/** What a reader may count on. Powertools for TypeScript and its SDK add names of their own. */
const common = ['level', 'message', 'timestamp', 'service', 'eventId', 'messageId', 'error'];

function fieldsOf(entry: object, names: readonly string[]): string[] {
  return Object.keys(entry)
    .filter((name) => names.includes(name))
    .sort();
}
