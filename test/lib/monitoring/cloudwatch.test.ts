import { expect, test } from '@jest/globals';
import { nextState, type State } from './cloudwatch.ts';
import { compile } from './metric-math.ts';

const treatments = ['missing', 'ignore', 'breaching', 'notBreaching'] as const;
const values: Record<string, number | undefined> = { X: 1, 0: 0 };

// The tables of "Configuring how CloudWatch alarms treat missing data" in CloudWatch's user guide. KEEP is the state before.
test.each([
  [3, '0-X-X', 'OK OK OK OK'],
  [3, '----0', 'OK OK OK OK'],
  [3, '-----', 'INSUFFICIENT_DATA KEEP ALARM OK'],
  [3, '0XX-X', 'ALARM ALARM ALARM ALARM'],
  [3, '--X--', 'ALARM KEEP ALARM OK'],
  [2, '0-X-X', 'ALARM ALARM ALARM ALARM'],
  [2, '00X0X', 'ALARM ALARM ALARM ALARM'],
  [2, '0-X--', 'OK OK ALARM OK'],
  [2, '----0', 'OK OK ALARM OK'],
  [2, '---X-', 'ALARM KEEP ALARM OK'],
])('%i of 3 of %s are as in the user guide', (datapointsToAlarm, points, expected) => {
  const before: State = 'KEEP' as State;
  const states = treatments.map((missing) =>
    nextState(
      before,
      [...points].map((point) => values[point]),
      { evaluationPeriods: 3, datapointsToAlarm, missing, breaches: (value) => value >= 1 },
    ),
  );
  expect(states.join(' ')).toBe(expected);
});

test.each([
  ['FILL(a, 0) - FILL(b, 0)', [1, 0, -1]],
  ['DIFF(a + c) * (a + c > DIFF(a + c))', [undefined, undefined, undefined]],
  ['DIFF(c)', [undefined, 2, 3]],
  ['FILL(b, 0) + 10 * (FILL(b, 0) > 0) * (FILL(a, 0) < 1)', [0, 0, 11]],
  ['a + c', [2, undefined, undefined]],
])('%s is computed where there is data', (expression, expected) => {
  const series: Record<string, (number | undefined)[]> = {
    a: [1, undefined, undefined],
    b: [undefined, undefined, 1],
    c: [1, 3, 6],
  };
  const context = { windows: (id: string) => series[id] ?? [], length: 3, fillsNothing: true };
  expect(compile('root', new Map([['root', expression]]))(context)).toEqual(expected);
});
