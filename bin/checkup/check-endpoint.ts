import { watch } from '../waiting.ts';
import { type Finding, issue } from './report.ts';

/** A clock that is further off makes signed dates look wrong, in milliseconds. */
const clockTolerance = 60_000;
/** How long an answer may take, in milliseconds. */
const longestCall = 10_000;

/** An unsigned call: a receiver that works answers 401 and queues nothing. */
export async function checkEndpoint(url: string, now: () => number): Promise<Finding[]> {
  const signal = AbortSignal.timeout(longestCall);
  const call = fetch(url, { method: 'POST', body: '', redirect: 'manual', signal });
  const response = await watch(`${url} has not answered for 2 s`, longestCall, call).catch((error: Error) => error);
  if (response instanceof Error) {
    const { cause } = response;
    const why = cause instanceof Error ? cause.message : response.message;
    return [
      issue(
        'error',
        'endpoint',
        `${url} does not answer`,
        why,
        'Look at DNS, certificate, and the network of this machine.',
      ),
    ];
  }
  await response.body?.cancel();
  const findings: Finding[] = [];
  if (response.status === 401) findings.push(`${url} answers, and refuses what is not signed`);
  else {
    const expected = `It answered ${response.status} to an unsigned call, in place of 401.`;
    findings.push(
      issue(
        'error',
        'endpoint',
        `${url} does not refuse`,
        expected,
        'Look at the log of the function, and at what is in front.',
      ),
    );
  }
  const difference = Date.parse(response.headers.get('date') ?? '') - now();
  if (Math.abs(difference) > clockTolerance) {
    const seconds = Math.round(difference / 1000);
    findings.push(
      issue('warning', 'endpoint', 'The clock of this machine is off', `By ${seconds} s against AWS.`, 'Set it.'),
    );
  }
  return findings;
}
