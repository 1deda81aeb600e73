/** Where a webhook goes, compared with the CallbackUrl of a stack. */
export type Address = { goes: 'here' } | { goes: 'elsewhere'; host: string } | { goes: 'nowhere'; why: string };

/** @param callbackUrl without a query; a webhook may have any, because it is signed but names no route */
export function addressOf(url: string, callbackUrl: string): Address {
  const [given, right] = [URL.parse(url), new URL(callbackUrl)];
  if (given === null) return { goes: 'nowhere', why: 'It is not a URL.' };
  if (given.hostname !== right.hostname) return { goes: 'elsewhere', host: given.hostname };
  if (given.origin !== right.origin)
    return { goes: 'nowhere', why: `Nothing of the stack answers at ${given.origin}.` };
  if (given.pathname === right.pathname) return { goes: 'here' };
  if (given.pathname === `${right.pathname}/`) {
    return { goes: 'nowhere', why: 'Its path ends in a slash, which makes it another path: API Gateway answers 404.' };
  }
  return { goes: 'nowhere', why: `Its path is ${given.pathname}: API Gateway answers 404.` };
}
