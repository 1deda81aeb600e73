import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { S3Client } from '@aws-sdk/client-s3';
import { localCredentials } from '../../../sandbox/aws/credentials.ts';
import { listen, readBody } from '../../../sandbox/http.ts';
import { fillArchive } from './archive.ts';

interface Version {
  id: string;
  at: Date;
  /** `undefined` for the mark of a deletion. */
  body: Buffer | undefined;
}

interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body?: Buffer | string;
}

/**
 * A bucket that keeps versions, for AWS's own client: fauxqs has none. As the S3 user guide says, in "Working with objects in
 * a versioning-suspended bucket" too: there a write replaces the version `null`, and a deletion removes it.
 */
export async function startVersionedArchive(status: 'Enabled' | 'Suspended' | '' = 'Enabled') {
  /** Versions by key, the newest first. */
  const objects = new Map<string, Version[]>();
  const state = { status, now: Date.parse('2026-11-25T11:00:00Z'), expirationDays: 0, denied: '' };
  const of = (key: string) => objects.get(key) ?? [];
  const write = (key: string, body: Buffer | undefined): Version => {
    const id = state.status === 'Enabled' ? randomUUID() : 'null';
    state.now += 1000;
    const version = { id, at: new Date(state.now), body };
    objects.set(key, [version, ...of(key).filter((one) => one.id !== id)]);
    return version;
  };
  const server = await listen(0, async (request, response) => {
    const {
      status: code = 200,
      headers = {},
      body = '',
    } = answer(request, (await readBody(request)) ?? Buffer.alloc(0));
    response.writeHead(code, { ...headers, 'content-length': Buffer.byteLength(body) });
    response.end(request.method === 'HEAD' ? '' : body);
  });

  function answer({ method, url = '', headers }: IncomingMessage, body: Buffer): Answer {
    const { pathname, searchParams: query } = new URL(url, 'http://localhost');
    const key = decodeURIComponent(pathname.split('/').slice(2).join('/'));
    if (query.has('versioning'))
      return {
        body: `<VersioningConfiguration><Status>${state.status}</Status></VersioningConfiguration>`.replace(
          '<Status></Status>',
          '',
        ),
      };
    if (query.has('lifecycle')) return lifecycle();
    if (key === '') return list(query);
    const id = query.get('versionId');
    const [newest] = of(key);
    if (method === 'PUT') {
      const current = newest?.body;
      const { 'if-match': match, 'if-none-match': none } = headers;
      if ((none === '*' && current) || (match !== undefined && (!current || match !== etagOf(current))))
        return error(412, 'PreconditionFailed');
      const version = write(key, body);
      return { headers: { etag: etagOf(body), ...(state.status === 'Enabled' && { 'x-amz-version-id': version.id }) } };
    }
    if (method === 'DELETE') {
      if (id !== null)
        objects.set(
          key,
          of(key).filter((one) => one.id !== id),
        );
      else if (state.status === '') objects.delete(key);
      else write(key, undefined);
      return { status: 204 };
    }
    if (key === state.denied) return error(403, 'AccessDenied');
    const found = id === null ? newest : of(key).find((one) => one.id === id);
    if (!found?.body) return error(404, id === null ? 'NoSuchKey' : 'NoSuchVersion');
    return { headers: { etag: etagOf(found.body) }, body: found.body };
  }

  function lifecycle(): Answer {
    if (state.expirationDays === 0) return error(404, 'NoSuchLifecycleConfiguration');
    const rule = `<Rule><ID>a</ID><Filter><Prefix></Prefix></Filter><Status>Enabled</Status><Expiration><Days>${state.expirationDays}</Days></Expiration></Rule>`;
    return { body: `<LifecycleConfiguration>${rule}</LifecycleConfiguration>` };
  }

  /** Two keys on a page, so that nobody reads only one. */
  function list(query: URLSearchParams): Answer {
    const after = query.get('continuation-token') ?? query.get('key-marker') ?? query.get('start-after') ?? '';
    const isOfVersions = query.has('versions');
    const keys = [...objects.keys()].sort().filter((key) => key.startsWith(query.get('prefix') ?? '') && key > after);
    const shown = keys.filter((key) => of(key).length > 0 && (isOfVersions || of(key)[0]?.body));
    const page = shown.slice(0, 2);
    const more =
      shown.length > 2
        ? `<IsTruncated>true</IsTruncated><NextContinuationToken>${page[1]}</NextContinuationToken><NextKeyMarker>${encodeURIComponent(page[1] ?? '')}</NextKeyMarker>`
        : '';
    const entries = page.flatMap((key) =>
      (isOfVersions ? of(key) : of(key).slice(0, 1)).map((one, index) => entry(key, one, isOfVersions, index === 0)),
    );
    const name = isOfVersions ? 'ListVersionsResult' : 'ListBucketResult';
    return { body: `<${name}><EncodingType>url</EncodingType>${more}${entries.join('')}</${name}>` };
  }

  const client = new S3Client({
    endpoint: server.url,
    region: 'us-east-1',
    credentials: localCredentials,
    forcePathStyle: true,
  });
  const bucket = 'archive';
  return {
    ...fillArchive(client, bucket),
    ...{ client, bucket, state, objects, url: server.url },
    /** What the bucket still has of all that was ever written into it. */
    bodies: () => [...objects.values()].flat().flatMap(({ body }) => body ?? []),
    close: async () => {
      client.destroy();
      await server.close();
    },
  };
}

function entry(key: string, { id, at, body }: Version, isOfVersions: boolean, isLatest: boolean): string {
  const version = isOfVersions ? `<VersionId>${id}</VersionId><IsLatest>${isLatest}</IsLatest>` : '';
  const common = `<Key>${encodeURIComponent(key)}</Key>${version}<LastModified>${at.toISOString()}</LastModified>`;
  if (body === undefined) return `<DeleteMarker>${common}</DeleteMarker>`;
  const name = isOfVersions ? 'Version' : 'Contents';
  return `<${name}>${common}<ETag>${etagOf(body)}</ETag><Size>${body.length}</Size></${name}>`;
}

function etagOf(body: Buffer): string {
  return `"${createHash('md5').update(body).digest('hex')}"`;
}

function error(status: number, code: string): Answer {
  return { status, body: `<Error><Code>${code}</Code><Message>${code}</Message></Error>` };
}
