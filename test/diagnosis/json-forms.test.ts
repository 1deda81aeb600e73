import { describe, expect, test } from '@jest/globals';
import { jsonForms, jsonOrders } from '../../diagnosis/json-forms.ts';

describe('forms of the same JSON', () => {
  test('have the common layouts', () => {
    const text = '{ "a":[ ],"b":{},"c":[1.0 ,-2e+5,true],"d":{"e":null}}';
    const value = { a: [], b: {}, c: ['ONE', 'TWO', true], d: { e: null } };
    const numbers = (form: string) => form.replace('"ONE"', '1.0').replace('"TWO"', '-2e+5');
    const forms = [...jsonForms(text)];
    expect(forms.slice(0, 5)).toEqual([
      ...['', '  ', '    ', '\t'].map((indent) => numbers(JSON.stringify(value, null, indent))),
      '{"a": [], "b": {}, "c": [1.0, -2e+5, true], "d": {"e": null}}',
    ]);
    expect(forms).toHaveLength(35);
  });

  test('have the common escapes, of names and values', () => {
    const compact = [...jsonForms('{"é/":"\\u00e9/<>&\'=\\u0009\\"\u0080\u007f\uffff"}')].filter(
      (_, index) => index % 5 === 0,
    );
    const ascii = '\\t\\"';
    expect(compact).toEqual([
      `{"é/":"é/<>&'=${ascii}\u0080\u007f\uffff"}`,
      `{"é\\/":"é\\/<>&'=${ascii}\u0080\u007f\uffff"}`,
      `{"\\u00e9/":"\\u00e9/<>&'=${ascii}\\u0080\u007f\\uffff"}`,
      `{"\\u00E9/":"\\u00E9/<>&'=${ascii}\\u0080\u007f\\uFFFF"}`,
      `{"\\u00e9\\/":"\\u00e9\\/<>&'=${ascii}\\u0080\u007f\\uffff"}`,
      `{"\\u00E9\\/":"\\u00E9\\/<>&'=${ascii}\\u0080\u007f\\uFFFF"}`,
      `{"é/":"é/\\u003c\\u003e\\u0026\\u0027\\u003d${ascii}\u0080\u007f\uffff"}`,
    ]);
  });

  test('are none of text that is not an object or a list in JSON', () => {
    for (const text of ['', '7', '"a{"', 'x{}', '{', '[1', 'a=[1]']) {
      expect([...jsonForms(text)]).toEqual([]);
      expect([...jsonOrders(text)]).toEqual([]);
    }
    expect([...jsonForms(' \n[1, 2]')][0]).toBe('[1,2]');
  });
});

describe('orders of the same members', () => {
  const ordersOf = (value: unknown) => [...jsonOrders(JSON.stringify(value))];

  test.each([
    'vendor_account_id callback_url delivery_report_id source_number date_received status delay submitted_date original_text message_id error_code metadata',
    'metadata message_id reply_id date_received destination_number source_number vendor_account_id content',
    'callback_url reply_id message_id date_received vendor_account_id content source_number destination_number metadata',
    'message_id reply_id date_received source_number account_id attachments metadata',
    'delivery_report_id message_id vendor_account_id date_received status error_code source_number submitted_date billing_units original_text metadata',
    'reply_id message_id vendor_account_id date_received source_number destination_number attachments content metadata',
    'notification_id message_id account_id date_received source_number destination_number content metadata',
    'notification_id date_received content source_number destination_number account_id metadata',
  ])('are those that MessageMedia documents: %s', (names) => {
    const signed = names.split(' ').map((name, index) => [name, index]);
    const mixed = Object.fromEntries([...signed.slice(3), ...signed.slice(0, 3)].toReversed());
    const withMore = { more: true, ...mixed, most: { b: 1, a: 2 } };
    expect(ordersOf(withMore)).toContain(
      JSON.stringify({ ...Object.fromEntries(signed), more: true, most: { b: 1, a: 2 } }),
    );
  });

  test('of members within others come first, and then as they arrived', () => {
    const account = { account_id: 1, vendor_id: 2 };
    const attachment = { original_name: 1, content: 2, content_type: 3 };
    const value = { message_id: 0, vendor_account_id: account, attachments: [attachment, 'x'], metadata: null };
    const inner = {
      vendor_account_id: { vendor_id: 2, account_id: 1 },
      attachments: [{ content_type: 3, content: 2, original_name: 1 }, 'x'],
    };
    const orders = ordersOf(value);
    expect(orders).toHaveLength(18);
    expect(orders[0]).toBe(
      JSON.stringify({
        vendor_account_id: inner.vendor_account_id,
        message_id: 0,
        metadata: null,
        attachments: inner.attachments,
      }),
    );
    expect(orders[8]).toBe(
      JSON.stringify({ vendor_account_id: account, message_id: 0, metadata: null, attachments: [attachment, 'x'] }),
    );
  });

  test('are the alphabet and the reverse', () => {
    expect(ordersOf({ b: 1, c: 2, a: 3 }).slice(-2)).toEqual(['{"a":3,"b":1,"c":2}', '{"a":3,"c":2,"b":1}']);
    expect(ordersOf({ z: 1, y: 2, x: 3, b: 4, c: 5, a: 6 }).at(-2)).toBe('{"a":6,"b":4,"c":5,"x":3,"y":2,"z":1}');
  });

  test('are none of a list', () => {
    expect(ordersOf([{ b: 1, a: 2 }])).toEqual([]);
  });
});

test.each([
  '['.repeat(12_000) + ']'.repeat(12_000),
  `${'{"a":'.repeat(4_000)}1${'}'.repeat(4_000)}`,
  '[['.repeat(33) + ']]'.repeat(33),
])('of %.10j…, which is nested deeply, no other form is written', (text) => {
  expect([...jsonForms(text), ...jsonOrders(text)]).toEqual([]);
});

test('up to 64 levels are written', () => {
  expect([...jsonForms('['.repeat(64) + ']'.repeat(64))]).not.toEqual([]);
});
