import { outputs } from '../../lambda/stack-outputs.ts';
import { watch } from '../../terminal/waiting.ts';
import { connectKeyringOf } from '../connections.ts';
import { type Checkup, type Finding, problem } from './checkup.ts';
import { probe, withProbeKey } from './probe.ts';

/** If a clock is wrong by more, signed dates look wrong. In milliseconds. */
const clockTolerance = 60_000;
/** How long an answer may take, in milliseconds. */
const longestCall = 10_000;

/** Makes an unsigned call. A working receiver answers 401 and queues nothing. */
export async function* checkEndpoint({ output }: Checkup): AsyncGenerator<Finding, void> {
  const url = output(outputs.callbackUrl);
  const signal = AbortSignal.timeout(longestCall);
  const call = fetch(url, { method: 'POST', body: '', redirect: 'manual', signal });
  const response = await watch(`${url} has not answered for 2 s`, longestCall, call).catch((error: Error) => error);
  if (response instanceof Error) {
    const { cause } = response;
    const why = cause instanceof Error ? cause.message : response.message;
    return yield problem.error(`${url} does not answer`, why, 'Check DNS, the certificate, and your network.');
  }
  await response.body?.cancel();
  const errorType = response.headers.get('x-amzn-errortype') ?? '';
  if (response.status === 401) yield `${url} answers, and refuses unsigned requests`;
  else if (response.status === 403 && /^(AccessDenied|Forbidden)Exception/.test(errorType)) {
    const what = `API Gateway answered 403 (${errorType}): allowedIps or webAclArn have it so, or a domain is not mapped to the API.`;
    const mend = 'Run the command where calls are let in: with this answer there too, webhooks are lost.';
    yield problem.warning(`${url} does not let this machine in`, what, mend);
  } else {
    const instead = `It answered ${response.status} to an unsigned call instead of 401.`;
    const look = 'Look at the log of the function, and at proxies in front of it.';
    yield problem.error(`${url} does not refuse unsigned requests`, instead, look);
  }
  const difference = Date.parse(response.headers.get('date') ?? '') - Date.now();
  if (Math.abs(difference) > clockTolerance) {
    const what = `It differs from AWS by ${Math.round(difference / 1000)} s.`;
    yield problem.warning('The clock of this machine is wrong', what, 'Set the clock.');
  }
}

/**
 * Sends a signed webhook through the public URL. It is verified like every other, and never queued. This shows whether
 * everything in front of the function leaves method, path, query, headers and body as they were signed.
 */
export async function* checkProbe({ stack, output, sendsProbe }: Checkup): AsyncGenerator<Finding, void> {
  if (!sendsProbe) {
    const why = 'A probe writes the keyring secret, so it is sent only with --probe.';
    return yield problem.info('No signed probe was sent', why, `npx mmw doctor --probe --stack ${stack}`);
  }
  const keyring = connectKeyringOf(output(outputs.keyringSecretArn));
  const answer = await withProbeKey(keyring, 5, (key) => probe(output(outputs.callbackUrl), key));
  if (answer === undefined) return yield 'A signed probe to the public URL was verified, and was not queued';
  yield problem.error(
    'A signed probe was not verified',
    `It was answered with ${answer.status}: something in front of the function changes requests, or the function has a version without probes.`,
    `npx mmw capture --stack ${stack}, then this command again, then: npx mmw doctor --capture --stack ${stack}`,
  );
}
