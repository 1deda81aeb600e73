import { expect, test } from '@jest/globals';
import {
  isTooLong,
  MessageRefusedError,
  refusesCharacters,
  refusesMessage,
} from '../../../lambda/event/queue-refusals.ts';

const error = (name: string, message = '') => Object.assign(new Error(message), { name });
const tooLong = 'One or more parameters are invalid. Reason: Message must be shorter than 262144 bytes.';

test.each([
  ['SQS', 'InvalidParameterValue', tooLong],
  ['SQS in the JSON protocol without the old code', 'InvalidParameterValueException', tooLong],
  ['fauxqs', 'com.amazonaws.sqs#InvalidParameterValue', tooLong],
  ['ElasticMQ', 'InvalidParameterValue', 'MessageTooLong; see the SQS docs.'],
  ['a client that adds where it was', 'InvalidParameterValue', `${tooLong} (SendMessage in us-east-1)`],
  ['SQS of a batch', 'BatchRequestTooLong', 'Batch requests cannot be longer than 262144 bytes.'],
  ['SQS of a batch, by the old code', 'AWS.SimpleQueueService.BatchRequestTooLong', ''],
])('what %s says of a message that is too long is known', (_who, name, message) => {
  expect(isTooLong(error(name, message))).toBe(true);
  expect(isTooLong({ name, message })).toBe(true);
  expect(refusesMessage(error(name, message))).toBe(true);
});

const group =
  'Value x for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include …, 1 to 128 in length.';
test.each([
  ['another parameter', error('InvalidParameterValue', group)],
  ['a number that is not of bytes', error('InvalidParameterValue', 'The name must be shorter than 80 characters.')],
  ['no queue', error('QueueDoesNotExist', 'The specified queue does not exist.')],
  ['another service with the same words', error('ValidationException', tooLong)],
  ['no code', new Error(tooLong)],
  ['no error', 'InvalidParameterValue: must be shorter than 1 bytes'],
])('%s is no matter of length, and may concern every message', (_what, thrown) => {
  expect([isTooLong(thrown), refusesMessage(thrown)]).toEqual([false, false]);
});

test.each(['InvalidMessageContents', 'com.amazonaws.sqs#InvalidMessageContents'])(
  'a character that the queue does not take concerns one message: %s',
  (name) => {
    expect([refusesCharacters(error(name)), refusesMessage(error(name)), isTooLong(error(name))]).toEqual([
      true,
      true,
      false,
    ]);
  },
);

test('so does what was not sent because the queue would not take it', () => {
  const refused = new MessageRefusedError('no bucket');
  expect([refused.name, refusesMessage(refused), refusesCharacters(refused)]).toEqual([
    'MessageRefusedError',
    true,
    false,
  ]);
});
