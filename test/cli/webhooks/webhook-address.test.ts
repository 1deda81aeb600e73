import { expect, test } from '@jest/globals';
import { addressOf } from '../../../cli/webhooks/webhook-address.ts';

const callbackUrl = 'https://a.example/production/messagemedia';

test.each([
  [callbackUrl, { goes: 'here' }],
  [`${callbackUrl}?kind=reply&id=$moId#x`, { goes: 'here' }],
  ['https://A.example:443/production/messagemedia', { goes: 'here' }],
  ['https://b.example/production/messagemedia', { goes: 'elsewhere', host: 'b.example' }],
  [`${callbackUrl}/`, { goes: 'nowhere', why: expect.stringContaining('ends in a slash') }],
  [`${callbackUrl}/?kind=reply`, { goes: 'nowhere', why: expect.stringContaining('ends in a slash') }],
  ['https://a.example/messagemedia', { goes: 'nowhere', why: expect.stringContaining('Its path is /messagemedia:') }],
  ['https://a.example/production/MessageMedia', { goes: 'nowhere', why: expect.stringContaining('404') }],
  ['http://a.example/production/messagemedia', { goes: 'nowhere', why: expect.stringContaining('http://a.example') }],
  ['https://a.example:8443/production/messagemedia', { goes: 'nowhere', why: expect.stringContaining(':8443') }],
  ['a.example/production/messagemedia', { goes: 'nowhere', why: 'It is not a URL.' }],
])('%s', (url, address) => {
  expect(addressOf(url, callbackUrl)).toEqual(address);
});
