import { expect, test } from '@jest/globals';
import { choices } from './settings/combinations.ts';
import { samples, synthesize } from './support.ts';

const everything = choices
  .filter(({ needs, name }) => needs !== 'rest' && name !== 'rest')
  .map(({ context }) => context);
const provider = { customerManagedKey: 'true', rotationDays: '30', reconcileMinutes: '15', reconcileConfirm: 'true' };
const archive = { archiveDays: '400', archiveLock: 'compliance' };

/** CloudFormation's own rules, which are part of the CDK, take long. So everything except the front door is checked at once. */
test.each([
  ['http', { ...provider, ...archive }],
  ['rest', { ...samples.webAcl, ...samples.allowedIps }],
])('CloudFormation has no complaint about frontDoor=%s', (frontDoor, more) => {
  const context = Object.assign({ frontDoor }, ...everything, more);
  expect(() => synthesize(context, { validate: true })).not.toThrow();
});
