import { describe, expect, test } from '@jest/globals';
import { CloudEvent, HTTP } from 'cloudevents';
import { sampleWebhooks } from '../../signing/sample-webhooks.ts';
import { offload, readSigned, startReceiver, webhooksOfEveryForm } from '../received.ts';
import { makeKey } from '../support.ts';

const receive = startReceiver(makeKey());

/** Reads a message with the SDK, as received and as a new event. The SDK throws if it is not a CloudEvent. */
function parse(message: string): CloudEvent<unknown> {
  const event = HTTP.toEvent({ headers: { 'content-type': 'application/cloudevents+json' }, body: message });
  if (!(event instanceof CloudEvent)) throw new Error('The SDK made a batch of it');
  event.validate();
  new CloudEvent(JSON.parse(message)).validate();
  return event;
}

describe('the official SDK accepts', () => {
  test.each(Object.entries(webhooksOfEveryForm('/messagemedia')))('an event of %s', async (_form, webhook) => {
    const { body, id, type } = await receive(webhook);
    const { event: ours, signed } = readSigned(body);
    const event = parse(body);
    expect(event).toMatchObject({ id, type, source: ours.source, mmrequestline: ours.mmrequestline });
    expect(event.datacontenttype).toBe(ours.datacontenttype);
    // If a name is repeated, the SDK keeps the last, as JSON.parse does, and our own library keeps the first.
    const isJson = ours.payload != null && event.data_base64 === undefined;
    if (isJson) expect(event.data).toEqual(JSON.parse(String(signed.body)));
    if (signed.body.length === 0) return;
    const { message } = offload(body, signed.body);
    expect(parse(message)).toMatchObject({ id, type, dataref: JSON.parse(message).dataref });
  });
});

test.each([
  ['"mmdate"', '"mm_date"'],
  ['"source":"', '"source":"","was":"'],
  ['"time":"', '"time":"yesterday ","was":"'],
])('but not with %s as %s', async (part, broken) => {
  const { body } = await receive(sampleWebhooks('/messagemedia').optOut);
  expect(body).toContain(part);
  expect(() => parse(body.replace(part, broken))).toThrow();
});
