import { watch } from '../../terminal/waiting.ts';
import { type Finding, issue } from './report.ts';

/** If a clock is wrong by more, signed dates look wrong. In milliseconds. */
const clockTolerance = 60_000;
/** How long an answer may take, in milliseconds. */
const longestCall = 10_000;

/** Makes an unsigned call. A working receiver answers 401 and queues nothing. */
export async function checkEndpoint(url: string, now: () => number): Promise<Finding[]> {
  const signal = AbortSignal.timeout(longestCall);
  const call = fetch(url, { method: 'POST', body: '', redirect: 'manual', signal });
  const response = await watch(`${url} has not answered for 2 s`, longestCall, call).catch((error: Error) => error);
  if (response instanceof Error) {
    const { cause } = response;
    const why = cause instanceof Error ? cause.message : response.message;
    return [issue.error('endpoint', `${url} does not answer`, why, 'Check DNS, the certificate, and your network.')];
  }
  await response.body?.cancel();
  const findings: Finding[] = [];
  if (response.status === 401) findings.push(`${url} answers, and refuses unsigned requests`);
  else {
    const expected = `It answered ${response.status} to an unsigned call instead of 401.`;
    findings.push(
      issue.error(
        'endpoint',
        `${url} does not refuse unsigned requests`,
        expected,
        'Look at the log of the function, and at proxies in front of it.',
      ),
    );
  }
  const difference = Date.parse(response.headers.get('date') ?? '') - now();
  if (Math.abs(difference) > clockTolerance) {
    const seconds = Math.round(difference / 1000);
    findings.push(
      issue.warning(
        'endpoint',
        'The clock of this machine is wrong',
        `It differs from AWS by ${seconds} s.`,
        'Set the clock.',
      ),
    );
  }
  return findings;
}
