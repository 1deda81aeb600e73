import { generateKeyPair, type KeyObject, randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { isUuid } from '../../lambda/guards.ts';
import type { CreatedSignatureKey, SignatureKey } from '../../lambda/messagemedia/types.ts';
import type { Digest } from '../../lambda/signature.ts';
import type { SigningKey } from '../../signing/sender.ts';
import { ApiError, badRequest, fieldsOf } from './errors.ts';

const digests: readonly unknown[] = ['SHA224', 'SHA256', 'SHA512'] satisfies Digest[];

interface KeyPair extends Omit<SignatureKey, 'enabled'> {
  privateKey: KeyObject;
}

/** The signature keys of one account. Methods that take a key id throw a 404 `ApiError` if there is no such key. */
export type SignatureKeys = ReturnType<typeof createSignatureKeys>;

/** An account without keys. @param modulusLength bits of the keys that it creates */
export function createSignatureKeys(modulusLength: number) {
  const pairs = new Map<string, KeyPair>();
  let enabledId: string | undefined;

  const find = (id: unknown): KeyPair => {
    const pair = pairs.get(String(id));
    if (!pair) throw new ApiError(404, 'Entity not found');
    return pair;
  };
  const enabledPair = () => (enabledId === undefined ? undefined : pairs.get(enabledId));
  const show = ({ key_id, cipher, digest, created }: KeyPair): SignatureKey => {
    return { key_id, cipher, digest, created, enabled: key_id === enabledId };
  };

  return {
    /** Only this answer holds the public key. @throws {ApiError} 400 */
    create: async (body: unknown): Promise<CreatedSignatureKey> => {
      const { digest, cipher } = fieldsOf(body);
      const problems = [
        ...(isDigest(digest) ? [] : [problemOf('digest', 'Digest', digest)]),
        ...(cipher === 'RSA' ? [] : [problemOf('cipher', 'Cipher', cipher)]),
      ];
      if (!isDigest(digest) || problems.length > 0) throw badRequest(...problems);
      const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength });
      const created = new Date().toISOString();
      const pair: KeyPair = { key_id: randomUUID(), cipher: 'RSA', digest, created, privateKey };
      pairs.set(pair.key_id, pair);
      return { ...show(pair), public_key: publicKey.export({ type: 'spki', format: 'der' }).toString('base64') };
    },
    list: (): SignatureKey[] => [...pairs.values()].map(show),
    /** @throws {ApiError} 400 if it is not an id */
    get: (id: string): SignatureKey => {
      if (!isUuid(id)) throw badRequest('key_id property value is invalid');
      return show(find(id));
    },
    /** Removes a key. If it is enabled, webhooks are unsigned then. */
    remove: (id: string): void => {
      pairs.delete(find(id).key_id);
    },
    enabled: (): SignatureKey => {
      const pair = enabledPair();
      if (!pair) throw new ApiError(404, 'Currently no key is enabled');
      return show(pair);
    },
    /** Enables a key, and disables the previous one. */
    enable: (body: unknown): SignatureKey => {
      const { key_id } = fieldsOf(body);
      if (key_id === undefined || key_id === null) throw badRequest('/key_id: Key id cannot be null');
      const pair = find(key_id);
      enabledId = pair.key_id;
      return show(pair);
    },
    disable: (): void => {
      enabledId = undefined;
    },
    /** The key that webhooks are signed with now; `undefined` while they are not signed. */
    signingKey: (): SigningKey | undefined => {
      const pair = enabledPair();
      return pair && { id: pair.key_id, digest: pair.digest, privateKey: pair.privateKey };
    },
  };
}

/** The texts that the API description has for a wrong cipher, and for a missing key id. */
function problemOf(field: string, title: string, value: unknown): string {
  return value === undefined || value === null
    ? `/${field}: ${title} cannot be null`
    : `/${field}: [${value}] is invalid`;
}

function isDigest(value: unknown): value is Digest {
  return digests.includes(value);
}
