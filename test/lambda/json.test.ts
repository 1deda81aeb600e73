import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { members, parseFirst } from '../../lambda/json.ts';

const space = ' \t\r\n';
test.each([
  ['{}', ''],
  [`${space}{${space}} `, ''],
  ['{"a":1}', 'a=1'],
  ['{"a":1,"b":[2,{"c":3}],"a":"x"}', 'a=1; b=[2,{"c":3}]; a="x"'],
  [' { \n"a"\r\n:\t-1.5e+3 , "b" : { "c" : [ ] } , "d" : null } ', 'a=-1.5e+3; b={ "c" : [ ] }; d=null'],
  ['{"\\u0061\\"b\\\\":"\\\\","c":"\\\\\\"}{][,:","d":true}', 'a"b\\="\\\\"; c="\\\\\\"}{][,:"; d=true'],
  ['{"a":{"b":"}","c":["]","\\""]},"d":[[1],[2]]}', 'a={"b":"}","c":["]","\\""]}; d=[[1],[2]]'],
  ['["a",1]', ''],
  ['"a"', ''],
  ['7', ''],
  // A text that is cut off.
  ['{"a":1', 'a=1'],
  ['{"a":"b', 'a="b'],
  ['{"a":[1', 'a=[1'],
])('the members of an object: %s', (json, expected) => {
  expect([...members(json)].map((member) => member.join('=')).join('; ')).toBe(expected);
});

describe('of repeated names the first counts', () => {
  test.each([
    ['{"a":1,"a":2}', { a: 1 }],
    ['{"a":1,"\\u0061":2}', { a: 1 }],
    ['{"a":null,"a":2,"b":3,"a":4}', { a: null, b: 3 }],
    ['{"a":{"b":1,"b":{"c":2}},"a":3}', { a: { b: 1 } }],
    ['[{"a":1,"a":2},{"a":3}]', [{ a: 1 }, { a: 3 }]],
    ['{"a":[],"b":[1,[2,{"c":[3]}],"x"],"d":{}}', { a: [], b: [1, [2, { c: [3] }], 'x'], d: {} }],
    [' [ 1 , "a,b" , true ] ', [1, 'a,b', true]],
    ['{ "a" : "b:c" , "d" : -1.5e+3 }', { a: 'b:c', d: -1500 }],
    ['"a"', 'a'],
    [' 7 ', 7],
    ['null', null],
  ])('%s', (json, expected) => {
    expect(parseFirst(json)).toEqual(expected);
  });

  test.each([
    ['without repeated names, once', 1, '{"a":1}'],
    ['whatever colons are in its strings', 1, '{"a:b":":","c":["d:e",{"f" : "\\":"}],"g":[1,2]}'],
    ['in lists', 1, '["a:b",{"c":1},[{"d":null}],null,2]'],
    ['if it is text', 1, '"a:b"'],
    ['with a repeated name, and each of its values again', 4, '{"a":1,"b":{"c":"2","c":3}}'],
    ['with an escape in a name, that one too', 4, '{"a":1,"\\u0061":2}'],
  ])('it is parsed %s', (_when, times, json) => {
    const parse = jest.spyOn(JSON, 'parse');
    try {
      parseFirst(json);
      expect(parse).toHaveBeenCalledTimes(times);
    } finally {
      parse.mockRestore();
    }
  });

  test('a name that objects have is a name like any other', () => {
    expect(Object.entries(parseFirst('{"__proto__":1,"constructor":2}') as object)).toEqual([
      ['__proto__', 1],
      ['constructor', 2],
    ]);
  });

  test('without repeated names it reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom(undefined, 1, '\t', ' \r\n'), (value, space) => {
        const json = JSON.stringify(value, undefined, space);
        expect(parseFirst(json)).toEqual(JSON.parse(json));
      }),
      { numRuns: 50 },
    );
  });

  test('however deep it is nested', () => {
    const depth = 10_000;
    let value = parseFirst('['.repeat(depth) + ']'.repeat(depth));
    let seen = 0;
    for (; Array.isArray(value); value = value[0]) seen++;
    expect(seen).toBe(depth);
  });

  test.each(['', '{"a":1', '{"a":1}}', "{'a':1}", '[1,]'])('what is not JSON is an error: %s', (text) => {
    expect(() => parseFirst(text)).toThrow(SyntaxError);
  });
});
