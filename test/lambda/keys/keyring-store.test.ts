import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  InternalServiceError,
  InvalidParameterException,
  InvalidRequestException,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type KeyringEntry, maxSecretBytes } from '../../../lambda/keys/keyring-secret.ts';
import {
  aMinute,
  aMoment,
  createKeyringStore,
  eventually,
  expectReadable,
  fitSecret,
} from '../../../lambda/keys/keyring-store.ts';
import { localCredentials } from '../../../sandbox/aws/credentials.ts';
import { type LocalSecrets, startSecrets } from '../../../sandbox/aws/secrets.ts';
import { makeKey } from '../../support.ts';

const [{ public_key }, { public_key: otherKey }] = [makeKey().answer, makeKey().answer];
const one: KeyringEntry = { key_id: 'one', public_key };
const other: KeyringEntry = { key_id: 'other', public_key: otherKey };
const probe = { key_id: 'probe', public_key: 'CCCC', digest: 'SHA256', until: '2026-11-24T12:00:00Z' };

let secrets: LocalSecrets;
let client: SecretsManagerClient;
/** The commands that the store sent. */
let sent: object[];
/** May do something around a command, or in its place. */
let meddle: (command: object, pass: () => Promise<object>) => Promise<object>;
let pauses: number[];
let warnings: string[];
beforeEach(async () => {
  secrets = await startSecrets();
  client = new SecretsManagerClient({ endpoint: secrets.url, region: 'us-east-1', credentials: localCredentials });
  put([one]);
  sent = [];
  meddle = (_command, pass) => pass();
  pauses = [];
  warnings = [];
});
afterEach(() => secrets.close());

function put(keys: unknown[], more: object = {}): void {
  secrets.put('keyring', JSON.stringify({ keys, ...more }));
}
const kept = () => JSON.parse(secrets.get('keyring') ?? '');
const writes = () => sent.filter((command) => command instanceof PutSecretValueCommand);

function storeOf(secretId = 'keyring') {
  const send = (command: object) => {
    sent.push(command);
    return meddle(command, () => client.send(command as GetSecretValueCommand));
  };
  const pause = async (milliseconds: number) => void pauses.push(milliseconds);
  const warn = (message: string) => void warnings.push(message);
  return createKeyringStore({ send } as unknown as SecretsManagerClient, secretId, { pause, warn });
}

/** Somebody else changes the keyring, so many times, between the store's read and its write. */
function interfere(times = 1): void {
  let left = times;
  meddle = (command, pass) => {
    if (command instanceof UpdateSecretVersionStageCommand && left-- > 0)
      put([one, { ...other, key_id: String(left) }]);
    return pass();
  };
}

describe('reading', () => {
  test('gives the entries as they are, whatever else they say', async () => {
    put([{ ...one, note: { by: 'a person' } }, other]);
    expect(await storeOf().read()).toEqual([{ ...one, note: { by: 'a person' } }, other]);
  });

  test.each([
    ['is blank', ' \n', []],
    [
      'has a key whose id is null',
      '{"keys":[{"public_key":"AAAA","key_id":null,"digest":"SHA256"}]}',
      [{ public_key: 'AAAA', key_id: '', digest: 'SHA256' }],
    ],
  ])('a secret that %s', async (_name, secret, entries) => {
    secrets.put('keyring', secret);
    expect(await storeOf().read()).toEqual(entries);
  });

  test.each<[string, unknown, string?]>([
    ['nothing', null],
    ['text', 'AAAA'],
    ['without a public key', { key_id: 'one' }],
    ['with a public key that is a list', { public_key: ['AAAA'] }],
    ['with an id that is a number', { ...one, key_id: 7 }],
    ['whose key is broken', { key_id: 'broken', public_key: 'AAAA' }, 'Key broken of the keyring cannot be read'],
    ['whose key is broken and has no id', { public_key: 'AAAA' }, 'Key 2 of the keyring cannot be read'],
  ])('an entry that is %s stops every change, because a person may repair it', async (_name, entry, problem) => {
    put([one, entry]);
    const { message } = (await expectReadable(storeOf()).catch((error: unknown) => error)) as Error;
    expect(message).toMatch(problem ?? 'The keyring secret holds an entry that is not a key');
    expect(message).toContain('. Nothing writes over it. The version before may be good');
    await expect(storeOf().update((all) => [...all, other])).rejects.toThrow(message);
    await expect(storeOf().updateDiagnostics(() => ({ probe }))).rejects.toThrow(message);
    expect(kept()).toEqual({ keys: [one, entry] });
  });

  test('an entry that cannot be read may be removed', async () => {
    put([{ key_id: 'broken', public_key: 'AAAA' }, one]);
    await expect(expectReadable(storeOf())).rejects.toThrow('Key broken of the keyring');
    await storeOf().update((all) => all.filter(({ key_id }) => key_id === 'one'));
    expect(kept()).toEqual({ keys: [one] });
  });

  test('a version without a value is undefined, and one with a value is not the current one', async () => {
    const token = secrets.startRotation('keyring');
    expect(await storeOf().read(token)).toBeUndefined();
    const [SecretString, VersionStages] = [JSON.stringify({ keys: [other] }), ['AWSPENDING']];
    const version = { SecretId: 'keyring', SecretString, VersionStages, ClientRequestToken: token };
    await client.send(new PutSecretValueCommand(version));
    expect(await storeOf().read(token)).toEqual([other]);
    expect(await storeOf().read()).toEqual([one]);
  });

  test('a secret that is not there is an error, and so is every other failure', async () => {
    await expect(storeOf('nowhere').read()).rejects.toThrow("can't find the specified secret");
    meddle = async () => outage();
    await expect(storeOf().read('version')).rejects.toThrow('an outage');
  });

  test('an answer that is none of Secrets Manager is no empty keyring', async () => {
    meddle = async () => ({});
    const words = 'Secrets Manager answered without a value, so what the secret holds is not known';
    await expect(storeOf().read()).rejects.toThrow(words);
    await expect(storeOf().update(() => [other])).rejects.toThrow(words);
    expect(writes()).toEqual([]);
  });
});

describe('a change', () => {
  test('is written, and leaves the diagnostics as they are', async () => {
    put([one], { probe });
    await storeOf().update((entries) => [...entries, other]);
    expect(kept()).toEqual({ keys: [one, other], probe });
    expect([pauses, warnings]).toEqual([[], []]);
  });

  test('gets the version that it is for, and a version of its own without one', async () => {
    const versions: unknown[] = [];
    const current = async () => {
      const { VersionId } = await client.send(new GetSecretValueCommand({ SecretId: 'keyring' }));
      versions.push(VersionId);
    };
    await storeOf().update(() => [other], 'a-version-that-was-begun-before');
    await current();
    await storeOf().update(() => [one]);
    await current();
    await storeOf().update(() => [other]);
    await current();
    expect(versions[0]).toBe('a-version-that-was-begun-before');
    expect(new Set(versions).size).toBe(3);
  });

  test('that changes nothing writes nothing', async () => {
    put([one], { probe });
    await storeOf().update((entries) => entries);
    await storeOf().updateDiagnostics((diagnostics) => diagnostics);
    expect(writes()).toEqual([]);
  });

  test('is not current before it takes the place of just what was read, but has a label that keeps it', async () => {
    let before: unknown;
    meddle = async (command, pass) => {
      if (command instanceof UpdateSecretVersionStageCommand) {
        const { VersionIdsToStages } = await client.send(new DescribeSecretCommand({ SecretId: 'keyring' }));
        before = { current: kept(), labels: VersionIdsToStages?.['the-new-version'] };
      }
      return pass();
    };
    await storeOf().update(() => [other], 'the-new-version');
    expect(before).toEqual({ current: { keys: [one] }, labels: [expect.stringMatching(/^\w+$/)] });
    expect(kept()).toEqual({ keys: [other] });
  });

  test('runs again on what somebody else has written at the same time', async () => {
    interfere(2);
    await storeOf().update((entries) => [...entries, other]);
    expect(kept()).toEqual({ keys: [one, { ...other, key_id: '0' }, other] });
    expect(writes()).toHaveLength(3);
    expect(pauses).toHaveLength(2);
  });

  test('is given up if others keep changing the keyring for a minute', async () => {
    interfere(1_000);
    const words = 'Somebody else keeps changing the keyring: try again later';
    await expect(storeOf().update(() => [other])).rejects.toThrow(words);
    expect(pauses.reduce((sum, milliseconds) => sum + milliseconds, 0)).toBe(60_500);
    expect(warnings).toEqual([]);
  });

  test.each([
    ['InvalidParameterException', InvalidParameterException],
    ['InvalidRequestException', InvalidRequestException],
  ])('whose answer is lost is made once, if Secrets Manager then says %s', async (_name, Refusal) => {
    meddle = async (command, pass) => {
      const answer = await pass();
      // The SDK repeats the call, and Secrets Manager finds the label moved.
      if (command instanceof UpdateSecretVersionStageCommand) throw new Refusal({ message: 'moved', $metadata: {} });
      return answer;
    };
    await storeOf().update((entries) => [...entries, other]);
    expect(kept()).toEqual({ keys: [one, other] });
    expect(writes()).toHaveLength(1);
  });

  test('is not tried again after an outage', async () => {
    meddle = async (command, pass) => (command instanceof UpdateSecretVersionStageCommand ? outage() : pass());
    await expect(storeOf().update(() => [other])).rejects.toThrow('an outage');
    expect(kept()).toEqual({ keys: [one] });
    expect(writes()).toHaveLength(1);
  });

  test('drops deleted keys if the keyring would be too large, and the operator is warned, once it is made', async () => {
    const note = 'x'.repeat(maxSecretBytes - 500);
    put([{ ...one, deleted_at: '2026-01-01T00:00:00Z', note }]);
    await storeOf().update((entries) => [...entries, other]);
    expect(kept()).toEqual({ keys: [other] });
    expect(warnings).toEqual([expect.stringContaining('key one, deleted 2026-01-01T00:00:00Z, was dropped')]);
  });
});

test('a change that would give one key to two accounts is refused', async () => {
  const shared = [one, { ...one, key_id: 'again' }].map((entry, index) => ({ ...entry, account: String(index) }));
  await expect(storeOf().update(() => shared)).rejects.toThrow('would be a key of account 1 too');
  expect(kept()).toEqual({ keys: [one] });
});

describe('diagnostics', () => {
  test('are refused by a full keyring, which keeps its deleted keys', async () => {
    const size = JSON.stringify({ keys: [one, other] }).length;
    const remembered = { ...other, deleted_at: '2026-01-01T00:00:00Z', note: 'x'.repeat(maxSecretBytes - size - 60) };
    put([one, remembered]);
    await expect(storeOf().updateDiagnostics(() => ({ probe }))).rejects.toThrow('The keyring has no room for a probe');
    expect(kept()).toEqual({ keys: [one, remembered] });
  });

  test('are read and changed beside the keys', async () => {
    expect(await storeOf().readDiagnostics()).toEqual({});
    await storeOf().updateDiagnostics((diagnostics) => ({ ...diagnostics, probe }));
    expect(kept()).toEqual({ keys: [one], probe });
    expect(await storeOf().readDiagnostics()).toEqual({ probe });
    await storeOf().updateDiagnostics(() => ({}));
    expect(kept()).toEqual({ keys: [one] });
  });
});

function outage(): never {
  throw new InternalServiceError({ message: 'an outage', $metadata: {} });
}

describe('a secret that was created without a value', () => {
  beforeEach(() => secrets.create('empty'));

  test('reads as a keyring without keys, and gets its first key', async () => {
    expect(await storeOf('empty').read()).toEqual([]);
    expect(await storeOf('empty').readDiagnostics()).toEqual({});
    await storeOf('empty').update((entries) => [...entries, one]);
    expect(JSON.parse(secrets.get('empty') ?? '')).toEqual({ keys: [one] });
    expect(pauses).toEqual([]);
  });

  test('keeps a key that somebody else put there first', async () => {
    let meddled = false;
    meddle = async (command, pass) => {
      if (command instanceof PutSecretValueCommand && !meddled) {
        meddled = true;
        secrets.put('empty', JSON.stringify({ keys: [other] }));
      }
      return pass();
    };
    await storeOf('empty').update((entries) => [...entries, one]);
    expect(JSON.parse(secrets.get('empty') ?? '')).toEqual({ keys: [other, one] });
  });
});

test.each([
  [1, aMinute, 1, 0],
  [3, aMinute, 3, 2],
  [8, aMinute, 8, 7],
  [9, aMinute, undefined, 7],
  [9, aMoment, undefined, 3],
])('what is there from look %i on is looked for with pauses of %j', async (from, allowed, found, count) => {
  const paused: number[] = [];
  let looks = 0;
  const look = async () => (++looks >= from ? looks : undefined);
  const pause = async (milliseconds: number) => void paused.push(milliseconds);
  expect(await eventually(look, pause, allowed)).toBe(found);
  expect(paused).toEqual(allowed.slice(0, count));
});

describe('a full keyring', () => {
  const entry = (index: number, more: Partial<KeyringEntry> = {}) => ({
    ...{ key_id: String(index), public_key: 'A'.repeat(1_000) },
    ...more,
  });
  const deleted = (index: number, minute: number) =>
    entry(index, { deleted_at: new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString() });
  const capture = { id: 'c', count: 5, until: '2026-11-24T12:00:00Z' };
  /** Keys that leave this much room in the secret, of which all but the last are deleted. */
  const keysWithRoom = (room: number) => {
    const keys = Array.from({ length: 30 }, (_, index) => deleted(index, index));
    const rest = maxSecretBytes - room - JSON.stringify({ keys: [...keys, entry(99, { public_key: '' })] }).length;
    return [...keys, entry(99, { public_key: 'A'.repeat(rest) })];
  };
  const size = JSON.stringify({ probe, capture }).length - 1;

  test('takes what fits to the last byte, for keys and diagnostics alike', () => {
    const content = { entries: keysWithRoom(size), diagnostics: { probe, capture } };
    for (const changesKeys of [true, false]) {
      const { secret, warnings: told } = fitSecret(content, changesKeys);
      expect(JSON.parse(secret)).toEqual({ keys: content.entries, probe, capture });
      expect([Buffer.byteLength(secret), told]).toEqual([maxSecretBytes, []]);
    }
  });

  test('loses no key to a probe, which ends when a key needs its room', () => {
    const content = { entries: keysWithRoom(size - 1), diagnostics: { probe, capture } };
    expect(() => fitSecret(content, false)).toThrow(
      'The keyring has no room for a probe or a capture: it would have 65537 bytes, and a secret holds 65536. Remove a deleted key with "mmw keys forget"',
    );
    const { secret, warnings: told } = fitSecret(content, true);
    expect(JSON.parse(secret)).toEqual({ keys: content.entries });
    expect(told).toEqual(['the keyring is full: probe and capture ended, to keep its keys']);
  });

  test('loses the deleted keys that were deleted first, and never another', () => {
    const live = Array.from({ length: 50 }, (_, index) => entry(index));
    // The last deleted key is listed first, and one key has an unreadable time.
    const ended = Array.from({ length: 20 }, (_, index) => deleted(100 + index, 60 - index));
    const entries = [...ended, entry(200, { deleted_at: 'long ago' }), ...live];
    const { secret, warnings: told } = fitSecret({ entries, diagnostics: {} }, true);
    const ids: string[] = JSON.parse(secret).keys.map(({ key_id }: KeyringEntry) => key_id);
    const left = entries.length - told.length;
    expect(left).toBeGreaterThan(51);
    expect(ids).toEqual([...ended.slice(0, left - 51), ...entries.slice(20)].map(({ key_id }) => key_id));
    expect(told[0]).toMatch(/^the keyring is full: key 119, deleted 2026-01-01T00:41:00.000Z, was dropped/);
    const retired = Array.from({ length: 70 }, (_, index) => entry(index, { retired_at: '2026-01-01T00:00:00Z' }));
    expect(() => fitSecret({ entries: retired, diagnostics: {} }, true)).toThrow(
      /would have 7\d{4} bytes.*None of its keys is deleted/,
    );
  });
});
