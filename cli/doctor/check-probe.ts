import type { KeyringStore } from '../../lambda/keys/keyring-store.ts';
import { probe, withProbeKey } from './probe.ts';
import { type Finding, issue } from './report.ts';

/**
 * Sends a signed webhook through the public URL. It is verified like every other, and never queued. This shows whether
 * everything in front of the function leaves method, path, query, headers and body as they were signed.
 */
export async function checkProbe(stack: string, url: string, keyring: KeyringStore): Promise<Finding[]> {
  const answer = await withProbeKey(keyring, 5, (key) => probe(url, key));
  if (answer === undefined) return ['A signed probe to the public URL was verified, and was not queued'];
  return [
    issue(
      'error',
      'endpoint',
      'A signed probe was not verified',
      `It was answered with ${answer.status}: something in front of the function changes requests, or the function has a version without probes.`,
      `npx mmw capture --stack ${stack}, then this command again, then: npx mmw doctor --capture --stack ${stack}`,
    ),
  ];
}
