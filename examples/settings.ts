import { readdirSync } from 'node:fs';
import { App, Fn } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Node } from 'constructs';

/** Settings with which nothing can be deployed. The message is for the person who typed them. */
export class SettingError extends Error {
  override readonly name = 'SettingError';
}

export const filters = new URL('filters/', import.meta.url);
const retentionDays = Object.values(RetentionDays)
  .filter((days) => typeof days === 'number')
  .filter((days) => days !== RetentionDays.INFINITE)
  .map(String);

/** The stack of `fan-out/app.ts`, and the output that it has if the readers' queues have a key. */
export const fanOutStack = { name: 'MessageMediaFanOut', keyOutput: 'ReadersKeyArn' };

const filterNames = readdirSync(filters).flatMap((name) => /^(.+)\.json$/.exec(name)?.[1] ?? []);

const keyShape = /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/;

/** Each setting: which values it takes, and how an error names them. */
const shapes = {
  stack: [/^[A-Za-z][A-Za-z0-9-]{0,127}$/, "the name of the receiver's stack"],
  customerManagedKey: [/^(true|false)$/, 'true or false, as in the stack'],
  language: [/^(typescript|python)$/, 'typescript or python'],
  replays: [/^(skip|handle)$/, 'skip or handle'],
  polled: [/^(handle|refuse)$/, 'handle or refuse'],
  filter: [{ test: (name: string) => filterNames.includes(name) }, `one of ${filterNames.join(', ')}`],
  queueArn: [/^arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:[\w.-]+$/, 'the ARN of the queue of events'],
  overflowBucket: [/^[a-z0-9.-]{3,63}$/, 'the name of the bucket for large events'],
  keyringSecretArn: [
    /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:.+-[A-Za-z0-9]{6}$/,
    'the whole ARN of the keyring, which ends in a hyphen and six characters',
  ],
  keyArn: [keyShape, 'the ARN of the KMS key of queue and bucket'],
  reader: [/^[A-Za-z][A-Za-z0-9]{0,63}$/, 'the name of a reader of the fan-out'],
  queueKeyArn: [keyShape, 'the ARN of the KMS key of the queue, if it is not keyArn'],
  maxConcurrency: [{ test: (text: string) => isBetween(2, 1000, text) }, 'a whole number from 2 to 1000'],
  logRetentionDays: [{ test: (text: string) => retentionDays.includes(text) }, `one of ${retentionDays.join(', ')}`],
  alarmTopicArn: [/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]+$/, 'the ARN of a standard SNS topic'],
} satisfies Record<string, [Pick<RegExp, 'test'>, string]>;
type Name = keyof typeof shapes;
const names = Object.keys(shapes) as Name[];

const isBetween = (least: number, most: number, text: string) =>
  /^\d{1,9}$/.test(text) && Number(text) >= least && Number(text) <= most;

/** The settings of the fan-out. The others are those of a consumer. */
export const fanOutSettings = names.filter(
  (name) => !['language', 'replays', 'polled', 'filter', 'reader', 'queueKeyArn'].includes(name),
);

/** The outputs of the stack that these settings are read from. */
const outputs = {
  queueArn: 'QueueArn',
  overflowBucket: 'OverflowBucketName',
  keyringSecretArn: 'KeyringSecretArn',
  keyArn: 'KeyArn',
} satisfies Partial<Record<Name, string>>;

/**
 * The settings, each given as `-c name=value`. What `stack` has as an output is a reference, which CloudFormation
 * resolves when it deploys, so nothing is looked up here.
 *
 * @param known the settings that an app has
 * @throws {SettingError} naming everything that is wrong
 */
export function readSettings(node: Node, known: readonly Name[] = names) {
  const given = (name: Name): string | undefined => {
    const value: unknown = node.tryGetContext(name);
    return value === undefined ? undefined : String(value);
  };
  const stack = given('stack');
  const problems = [
    ...wrongValues(given),
    ...wrongTogether(given),
    ...wrongRegions(given),
    ...unknownNames(node, known),
  ];
  if (problems.length > 0) throw new SettingError(problems.join('\n'));

  const found = (name: keyof typeof outputs) =>
    stack === undefined ? given(name) : Fn.getStackOutput(stack, outputs[name]);
  // The stack has this output only with a key of its own.
  const keyArn = stack !== undefined && given('customerManagedKey') !== 'true' ? undefined : found('keyArn');
  const reader = given('reader');
  const ofReader = (output: string) => Fn.getStackOutput(fanOutStack.name, output);
  return {
    reader,
    /** Whether the queue is the receiver's own, which its stack watches. */
    isReceivers: stack !== undefined && reader === undefined,
    language: given('language') === 'python' ? ('python' as const) : ('typescript' as const),
    replays: given('replays') === 'handle' ? ('handle' as const) : ('skip' as const),
    polled: given('polled') === 'refuse' ? ('refuse' as const) : ('handle' as const),
    filter: given('filter'),
    queueArn: (reader === undefined ? found('queueArn') : ofReader(`${reader}QueueArn`)) ?? '',
    queueKeyArn:
      reader !== undefined && keyArn !== undefined ? ofReader(fanOutStack.keyOutput) : (given('queueKeyArn') ?? keyArn),
    overflowBucket: found('overflowBucket'),
    keyringSecretArn: found('keyringSecretArn'),
    keyArn,
    maxConcurrency: Number(given('maxConcurrency') ?? 2),
    logRetention: Number(given('logRetentionDays') ?? RetentionDays.ONE_MONTH) as RetentionDays,
    alarmTopicArn: given('alarmTopicArn'),
  };
}

/** Runs an app. If its settings are wrong, it says so in a line for each. */
export function runApp(addStack: (app: App) => void): void {
  try {
    addStack(new App());
  } catch (error) {
    if (!(error instanceof SettingError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

function* wrongValues(given: (name: Name) => string | undefined): Generator<string> {
  for (const name of names) {
    const [shape, allowed] = shapes[name];
    const value = given(name);
    if (value !== undefined && !shape.test(value)) yield `Setting ${name} is "${value}": it must be ${allowed}.`;
  }
}

function* wrongTogether(given: (name: Name) => string | undefined): Generator<string> {
  const explicit = ([...Object.keys(outputs), 'queueKeyArn'] as Name[]).filter((name) => given(name) !== undefined);
  if (given('stack') !== undefined) {
    for (const name of explicit) yield `Setting ${name} is given twice: leave it out, because stack has it.`;
    return;
  }
  if (given('queueArn') === undefined) yield 'No queue is given: add -c stack=NAME, or -c queueArn=arn:aws:sqs:…';
  if (given('customerManagedKey') !== undefined)
    yield 'Setting customerManagedKey needs stack; without it give keyArn.';
  if (given('reader') !== undefined)
    yield "Setting reader needs stack; without it give queueArn and queueKeyArn of the reader's queue.";
}

/** Lambda reads only queues of its own region, and alarms notify only its topics. The CDK's command says where the stack goes. */
function* wrongRegions(given: (name: Name) => string | undefined): Generator<string> {
  const here = process.env.CDK_DEFAULT_REGION;
  for (const name of ['queueArn', 'keyringSecretArn', 'keyArn', 'queueKeyArn', 'alarmTopicArn'] as const) {
    const region = given(name)?.split(':')[3];
    if (here && region && region !== here)
      yield `Setting ${name} is in ${region}, and the stack goes to ${here}: deploy it with AWS_REGION=${region}.`;
  }
}

/** A misspelt name would otherwise go unnoticed. Names of other programs have punctuation. */
function unknownNames(node: Node, known: readonly string[]): string[] {
  return Object.keys(node.getAllContext())
    .filter((name) => /^[A-Za-z]+$/.test(name) && !known.includes(name))
    .map((name) => `There is no setting ${name}: the settings are ${known.join(', ')}.`);
}
