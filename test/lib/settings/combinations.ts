import { type Context, samples } from '../support.ts';

/** A choice that changes resources, and its `-c` options. */
export interface Choice {
  name: string;
  context: Context;
  /** The choice that this one needs. */
  needs?: string;
}

/**
 * Choices that affect the same resources, so each must be tested with and without each other. Settings that only change a
 * property or two are together one choice.
 */
export const choices: readonly Choice[] = [
  { name: 'rest', context: { frontDoor: 'rest' } },
  { name: 'standard', context: { ordering: 'standard' } },
  { name: 'domain', context: samples.domain },
  { name: 'zone', context: samples.hostedZone, needs: 'domain' },
  { name: 'waf', context: samples.webAcl, needs: 'rest' },
  { name: 'ips', context: samples.allowedIps, needs: 'rest' },
  { name: 'key', context: { customerManagedKey: 'true' } },
  {
    name: 'others',
    context: {
      ...samples.alarmTopic,
      timestampToleranceSeconds: '60',
      throttleRateLimit: '50',
      throttleBurstLimit: '60',
      reservedConcurrency: '5',
      logRetentionDays: '7',
      silenceAlarmMinutes: '60',
      tracing: 'false',
    },
  },
];

/** Whether a deployment can have these choices at the same time. */
export interface Combination {
  name: string;
  choices: readonly Choice[];
  context: Context;
}

/** Of what a deployment can have: nothing, each choice, each pair, everything, and everything but one choice. */
export const combinations: readonly Combination[] = subsets(choices)
  .filter((set) => set.length <= 2 || set.length >= choices.length - 1)
  .filter(isPossible)
  .map(combine);

function subsets([first, ...others]: readonly Choice[]): Choice[][] {
  if (first === undefined) return [[]];
  return subsets(others).flatMap((set) => [set, [first, ...set]]);
}

function combine(set: readonly Choice[]): Combination {
  const name = set.map((choice) => choice.name).join(', ') || 'defaults';
  return { name, choices: set, context: Object.assign({}, ...set.map(({ context }) => context)) };
}

function isPossible(set: readonly Choice[]): boolean {
  return set.every(({ needs }) => needs === undefined || set.some(({ name }) => name === needs));
}

/** A combination with the choice, and the one that differs only by it; `undefined` if there is none. */
export function without(combination: Combination, choice: Choice): Combination | undefined {
  const others = combination.choices.filter((other) => other !== choice);
  return others.length < combination.choices.length && isPossible(others) ? combine(others) : undefined;
}
