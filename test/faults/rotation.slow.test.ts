import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from '@jest/globals';
import type { KeyringEntry } from '../../lambda/keys/keyring-secret.ts';
import { verifies } from '../../lambda/keys/rotation.ts';
import { createProvider } from '../../lambda/messagemedia/client.ts';
import type { RotationEvent } from '../../lambda/rotation-handler.ts';
import { localCredentials } from '../../sandbox/aws/credentials.ts';
import { startSecrets } from '../../sandbox/aws/secrets.ts';
import { startProvider } from '../../sandbox/messagemedia/server.ts';
import { bundleForTest, startEntry } from './entry.ts';
import { startFaultProxy } from './fault-proxy.ts';
import { inThisRun, promises } from './page.ts';
import { runTable } from './table.ts';

const steps = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;
type Step = RotationEvent['Step'];

/** The table of the page. Each fault hits every step that makes calls which earlier steps do not make. */
const all = promises('Rotation', ['keyring', 'credentials', 'MessageMedia']).flatMap(
  ({ fault, column, lasting, once }) =>
    [{ extent: 'lasting', promised: lasting }, ...(lasting === 'done' ? [] : [{ extent: 'once', promised: once }])].map(
      (cell) => ({ ...cell, fault, column, name: `${column}, ${fault}, ${cell.extent}` }),
    ),
);
const cells = inThisRun(all, ['hangs', '5xx', 'wrong JSON']);
type Cell = (typeof cells)[number];

interface Result {
  /** How the steps ended that the fault hit. */
  outcomes: string[];
  /** Everything that was wrong at any moment. */
  problems: string[];
  /** How many keys MessageMedia has at the end, and whether the enabled one is new. */
  keys: { all: number; isNew: boolean };
}
let results: Map<string, Result>;

/** How many times as fast time runs for the function; waits of minutes take no time. */
const speed = 4;
/** Longer than any step takes at that speed, with retries and pauses. */
const patience = 30_000;

beforeAll(async () => {
  const bundled = bundleForTest('rotation-handler');
  results = await runTable(cells, 16, (cell) => run(cell, bundled.file), check);
  bundled.remove();
}, 400_000);

async function run({ column, fault, extent }: Cell, bundle: string): Promise<Result> {
  const [provider, secrets] = await Promise.all([startProvider({ modulusLength: 1024 }), startSecrets()]);
  const isProvider = column === 'MessageMedia';
  const proxy = await startFaultProxy(
    (isProvider ? provider : secrets).url,
    isProvider ? 'messagemedia' : 'json',
    pace,
  );
  const api = createProvider({ ...provider, baseUrl: provider.url });
  const first = await api.createSignatureKey('SHA256');
  secrets.put('keyring', JSON.stringify({ keys: [first] }));
  await api.enableSignatureKey(first.key_id);
  secrets.put('credentials', JSON.stringify({ api_key: provider.apiKey, api_secret: provider.apiSecret }));
  const env = {
    API_CREDENTIALS_SECRET_ID: 'credentials',
    MESSAGEMEDIA_BASE_URL: isProvider ? proxy.url : provider.url,
    SIGNATURE_DIGEST: 'SHA256',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: isProvider ? secrets.url : proxy.url,
  };
  const entry = await startEntry<null>(bundle, env, { speed });
  const problems: string[] = [];
  const entries = (): KeyringEntry[] => JSON.parse(secrets.get('keyring') ?? '').keys;
  const seen = new Set<string>();
  /** Checks that the signing key verifies, and that no key leaves the keyring. */
  let looked = '';
  const look = () => {
    const enabled = provider.signingKey()?.id ?? 'none';
    const state = `${enabled} ${secrets.get('keyring')}`;
    if (state === looked) return;
    looked = state;
    const now = entries();
    if (!verifies(now, enabled, Date.now())) problems.push(`key ${enabled} signs, and does not verify`);
    for (const { key_id = '' } of now) seen.add(key_id);
    for (const id of seen) if (!now.some(({ key_id }) => key_id === id)) problems.push(`key ${id} is lost`);
  };
  const watch = setInterval(look, 25);
  const ClientRequestToken = secrets.startRotation('keyring');
  const take = (Step: Step) =>
    Promise.race([
      entry.invoke({ Step, SecretId: 'keyring', ClientRequestToken }).then(
        () => 'done',
        (error) => `fails: ${error.message}`,
      ),
      sleep(patience, 'hangs', { ref: false }),
    ]);
  const takeAll = async (some: readonly Step[]) => {
    for (const one of some) {
      const outcome = await take(one);
      if (outcome !== 'done') problems.push(`without a fault, ${one} ${outcome}`);
    }
  };
  try {
    const outcomes: string[] = [];
    for (const [index, step] of steps.entries()) {
      if (step === 'testSecret') continue;
      const only = isProvider ? /^/ : new RegExp(`"SecretId":"${column}"`);
      await proxy.begin(fault, { only, ...(extent === 'once' && { count: 1 }) });
      outcomes.push(await take(step));
      await proxy.end();
      look();
      // Secrets Manager begins again with the first step.
      if (outcomes.at(-1) !== 'done') await takeAll(steps.slice(0, index + 1));
      look();
    }
    const enabled = provider.signingKey()?.id;
    return {
      ...{ outcomes, problems },
      keys: { all: provider.signatureKeys().length, isNew: enabled !== undefined && enabled !== first.key_id },
    };
  } finally {
    clearInterval(watch);
    await Promise.all([entry.close(), proxy.close(), provider.close(), secrets.close()]);
  }
}

const pace = { slow: 200, dribble: 400 };

test.each(cells)('$name: $promised', (cell) => check(cell, results.get(cell.name) as Result));

function check({ promised }: Cell, { outcomes, problems, keys }: Result): void {
  expect(outcomes.map((outcome) => outcome.split(':')[0])).toEqual(Array(3).fill(promised));
  expect(problems).toEqual([]);
  expect(keys).toEqual({ all: 1, isNew: true });
}
