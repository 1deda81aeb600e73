import { isTarget, parseHttpDate } from '../lambda/signature.ts';
import type { Capture, SignatureHeaders } from './capture.ts';
import type { Cause } from './causes.ts';

/** What no receiver accepts, although it was signed as it arrived. @param found what explains the signature already */
export function ofForm({ targets }: Capture, { date, cipher }: SignatureHeaders, found: readonly Cause[]): Cause[] {
  const problems: Cause[] = [];
  if (date === undefined) problems.push('no_date');
  else if (parseHttpDate(date) === undefined && !found.some((cause) => cause.includes('date')))
    problems.push('date_format');
  if (found.length === 0 && !targets.some(isTarget)) problems.push('target_format');
  if (cipher !== undefined && cipher.toUpperCase() !== 'RSA') problems.push('cipher_header');
  return problems;
}
