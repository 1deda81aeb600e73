import { expect, test } from '@jest/globals';
import { isJsonMediaType } from '../../lambda/guards.ts';

test.each([
  ['application/json', true],
  ['APPLICATION/JSON', true],
  ['text/json', true],
  ['application/json; charset=utf-8', true],
  ['application/json ; charset=utf-8', true],
  ['application/cloudevents+json', true],
  ['application/a+b+json;v=1', true],
  ['application/jsonp', false],
  ['application/json seq', false],
  ['application/json-seq', false],
  ['application/xml; a=+json', false],
  ['application/xml;a/json', false],
  ['a;b/json', false],
  ['json', false],
  ['/json', false],
  ['', false],
])('%s says JSON: %j', (mediaType, expected) => {
  expect(isJsonMediaType(mediaType)).toBe(expected);
});
