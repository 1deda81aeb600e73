import { createPublicKey } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type ProviderSimulator, startProvider } from '../../../sandbox/provider/provider.ts';
import { api, createKey, startSimulator } from './fixture.ts';

const absentId = '00000000-0000-4000-8000-000000000000';
const keysPath = '/v1/iam/signature_keys';
const webhooksPath = '/v1/webhooks/messages';
const error = (message: unknown, details: unknown = []) => ({ message, details });

let provider: ProviderSimulator;
beforeEach(async () => {
  provider = await startSimulator();
});
afterEach(() => provider.close());

describe('signature keys', () => {
  test('a key is 2048 bits long by default, or as long as asked for', async () => {
    const bits = (spki: string) =>
      createPublicKey({ key: Buffer.from(spki, 'base64'), format: 'der', type: 'spki' }).asymmetricKeyDetails;
    expect(bits((await createKey(provider)).public_key)).toMatchObject({ modulusLength: 1024 });
    const full = await startProvider();
    const { body } = await api(full, `POST ${keysPath}`, { digest: 'SHA224', cipher: 'RSA' }).finally(full.close);
    expect(bits(body.public_key)).toMatchObject({ modulusLength: 2048 });
  });

  test('its public half is in the answer to its creation and nowhere else', async () => {
    const created = await api(provider, `POST ${keysPath}`, { digest: 'SHA256', cipher: 'RSA' });
    const { public_key, ...shown } = created.body;
    expect(created.status).toBe(201);
    expect(shown).toMatchObject({ cipher: 'RSA', digest: 'SHA256', enabled: false });
    expect(public_key).toMatch(/^MI/);
    expect(await api(provider, `GET ${keysPath}/${shown.key_id}`)).toEqual({ status: 200, body: shown });
    expect(await api(provider, `GET ${keysPath}?page=1&page_size=20`)).toEqual({ status: 200, body: [shown] });
    const enabled = { status: 200, body: { ...shown, enabled: true } };
    expect(await api(provider, `PATCH ${keysPath}/enabled`, { key_id: shown.key_id })).toEqual(enabled);
    expect(await api(provider, `GET ${keysPath}/enabled`)).toEqual(enabled);
  });

  test('one is enabled at most', async () => {
    const [first, second] = [await createKey(provider), await createKey(provider, 'SHA512')];
    const enabledIds = async () => {
      const { body } = await api(provider, `GET ${keysPath}?page=1&page_size=20`);
      return body.filter((key: { enabled: boolean }) => key.enabled).map((key: { key_id: string }) => key.key_id);
    };
    expect((await api(provider, `GET ${keysPath}/enabled`)).status).toBe(404);
    for (const { key_id } of [first, second]) {
      await api(provider, `PATCH ${keysPath}/enabled`, { key_id });
      expect(await enabledIds()).toEqual([key_id]);
    }
    for (const _again of [1, 2]) {
      expect(await api(provider, `DELETE ${keysPath}/enabled`)).toEqual({ status: 204, body: undefined });
      expect(await enabledIds()).toEqual([]);
    }
  });

  test('a deleted key is gone, and signs no more', async () => {
    const { key_id } = await createKey(provider);
    await api(provider, `PATCH ${keysPath}/enabled`, { key_id });
    expect(await api(provider, `DELETE ${keysPath}/${key_id}`)).toEqual({ status: 200, body: undefined });
    expect(provider.signingKey()).toBeUndefined();
    for (const call of [`GET ${keysPath}/${key_id}`, `DELETE ${keysPath}/${key_id}`, `GET ${keysPath}/enabled`]) {
      expect(await api(provider, call)).toEqual({ status: 404, body: error(expect.any(String)) });
    }
  });

  test('pages start at 1, and both parameters are required', async () => {
    const ids = [await createKey(provider), await createKey(provider), await createKey(provider)].map(
      ({ key_id }) => key_id,
    );
    const page = async (query: string) => {
      const { status, body } = await api(provider, `GET ${keysPath}${query}`);
      return status === 200 ? body.map(({ key_id }: { key_id: string }) => key_id) : status;
    };
    expect(await page('?page=1&page_size=2')).toEqual(ids.slice(0, 2));
    expect(await page('?page=2&page_size=2')).toEqual(ids.slice(2));
    expect(await page('?page=3&page_size=2')).toEqual([]);
    for (const query of [
      '',
      '?page=1',
      '?page_size=2',
      '?page=0&page_size=2',
      '?page=1&page_size=0',
      '?page=x&page_size=2',
    ]) {
      expect(await page(query)).toBe(400);
    }
  });

  test.each([
    [{ digest: 'SHA1', cipher: 'RSA' }, ['/digest']],
    [{ digest: 'SHA256', cipher: 'DSA' }, ['/cipher']],
    [{}, ['/digest', '/cipher']],
    ['{"digest":', ['Failed to parse']],
    [[], ['Failed to parse']],
  ])('a key of %j is refused', async (body, details) => {
    const problems = details.map((detail) => expect.stringContaining(detail));
    expect(await api(provider, `POST ${keysPath}`, body)).toEqual({
      status: 400,
      body: error('Bad Request', problems),
    });
    expect(provider.signatureKeys()).toEqual([]);
  });

  test('enabling needs a key that is there', async () => {
    expect((await api(provider, `PATCH ${keysPath}/enabled`, {})).status).toBe(400);
    expect((await api(provider, `PATCH ${keysPath}/enabled`, { key_id: absentId })).status).toBe(404);
  });
});

describe('who may call', () => {
  test('credentials and account are checked', async () => {
    const call = `GET ${keysPath}?page=1&page_size=1`;
    for (const authorization of ['', 'Basic x', `Basic ${btoa(`${provider.apiKey}:guess`)}`]) {
      const refused = await api(provider, call, undefined, { authorization });
      expect(refused).toEqual({ status: 401, body: error('Invalid authentication credentials') });
    }
    expect((await api(provider, call, undefined, { account: provider.account })).status).toBe(200);
    expect((await api(provider, call, undefined, { account: 'Other' })).status).toBe(403);
  });

  test('an account without the feature has no keys, but all else', async () => {
    const plain = await startSimulator({ featureEnabled: false });
    const key = await api(plain, `POST ${keysPath}`, { digest: 'SHA256', cipher: 'RSA' });
    const list = await api(plain, `GET ${webhooksPath}`).finally(plain.close);
    expect(key).toEqual({ status: 403, body: error('This feature has not been enabled in your account.') });
    expect(list.status).toBe(200);
  });

  test('a call that is not in the API', async () => {
    expect((await api(provider, `PUT ${keysPath}`)).status).toBe(404);
  });
});

describe('webhooks', () => {
  const webhook = { url: 'https://example.com/', method: 'POST', encoding: 'JSON', events: ['RECEIVED_SMS'] };
  const create = (change: object = {}) => api(provider, `POST ${webhooksPath}`, { ...webhook, ...change });

  test('are created once for a URL and method', async () => {
    const { status, body } = await create();
    expect({ status, body }).toEqual({
      status: 201,
      body: { ...webhook, id: expect.any(String), headers: {}, retries: 0 },
    });
    expect(await create()).toEqual({
      status: 409,
      body: error('A webhook with the given url and method already exists.'),
    });
    expect((await create({ method: 'PUT' })).status).toBe(201);
    const list = await api(provider, `GET ${webhooksPath}?page=1&page_size=1`);
    expect(list.body).toEqual({ page: 1, pageSize: 1, pageData: [expect.objectContaining({ method: 'PUT' })] });
    expect((await api(provider, `GET ${webhooksPath}?page=-1`)).status).toBe(400);
    expect((await api(provider, `GET ${webhooksPath}`)).body).toMatchObject({ page: 0, pageSize: 100 });
    expect(await api(provider, `DELETE ${webhooksPath}/${body.id}`)).toEqual({ status: 204, body: undefined });
    expect((await api(provider, `DELETE ${webhooksPath}/${body.id}`)).status).toBe(404);
  });

  test.each([
    [{ url: 'ftp://example.com/' }, '/url'],
    [{ url: 'https://exa mple.com/' }, '/url'],
    [{ url: undefined }, '/url: is required'],
    [{ method: 'HEAD' }, '/method'],
    [{ encoding: 'YAML' }, '/encoding'],
    [{ events: [] }, '/events'],
    [{ events: ['RECEIVED_SMS', 'RECEIVED_123'] }, '/events/1: [RECEIVED_123] is invalid'],
    [{ headers: { 'content-type': 'text/plain' } }, '/headers'],
    [{ headers: { 'X-A': 'a\r\nb: c' } }, '/headers/X-A'],
    [{ template: 7 }, '/template'],
    [{ template: '#foreach($a in $b)$a#end' }, '/template'],
    [{ retries: 6 }, '/retries'],
    [{ retry_delay: 4 }, '/retry_delay'],
    [{ retry_delay: 61 }, '/retry_delay'],
    [{ read_timeout: 60_001 }, '/read_timeout'],
  ])('%j is refused', async (change, detail) => {
    const problems = [expect.stringContaining(detail)];
    expect(await create(change)).toEqual({ status: 400, body: error('Bad Request', problems) });
  });

  test('are updated, except for how they are retried', async () => {
    const { body: created } = await create();
    const update = (change: object, id = created.id) => api(provider, `PATCH ${webhooksPath}/${id}`, change);
    const changed = { ...created, method: 'PUT' };
    expect(await update({ method: 'PUT' })).toEqual({ status: 200, body: changed });
    for (const change of [{}, { method: null }, { events: [] }, { retries: 1 }]) {
      expect((await update(change)).status).toBe(400);
    }
    expect((await update({ method: 'GET' }, absentId)).status).toBe(404);
    expect((await api(provider, `GET ${webhooksPath}`)).body.pageData).toEqual([changed]);
  });
});
