import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { listen, readBody } from '../http.ts';

/** A stand-in for Secrets Manager, with versions and their labels, over Secrets Manager's own protocol. */
export type LocalSecrets = Awaited<ReturnType<typeof startSecrets>>;

interface Version {
  value: string | undefined;
  stages: Set<string>;
}
type Versions = Map<string, Version>;

/** Members of a call that are used; others are ignored. */
interface Input extends Partial<Record<'SecretId' | 'SecretString' | 'ClientRequestToken' | 'VersionId', string>> {
  VersionStage?: string;
  VersionStages?: string[];
  MoveToVersionId?: string;
  RemoveFromVersionId?: string;
}

class SecretsError extends Error {
  readonly type: string;

  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

/** @param onChange called after every call that may have changed something */
export async function startSecrets(onChange = () => {}) {
  const secrets = new Map<string, Versions>();
  const nextRotations = new Map<string, Date | undefined>();
  let isFailing = false;
  let delay = 0;
  const server = await listen(0, async (request, response) => {
    const action = String(request.headers['x-amz-target']).replace(/^secretsmanager\./, '');
    const reply = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
    try {
      if (delay > 0) await sleep(delay);
      if (isFailing) throw new Error('An outage of the sandbox');
      const input: Input = JSON.parse(String(await readBody(request)) || '{}');
      const run = actions[action];
      if (run === undefined) throw new SecretsError('InvalidRequestException', `The sandbox knows no ${action}.`);
      const { SecretId: Name = '' } = input;
      const versions = secrets.get(Name);
      if (!versions) throw notFound('secret');
      const result = run(versions, input);
      // This comes before the answer, because the caller may then read what was kept.
      onChange();
      const next = nextRotations.get(Name);
      const described = { RotationEnabled: next !== undefined, NextRotationDate: next && next.getTime() / 1000 };
      const ARN = `arn:aws:secretsmanager:us-east-1:000000000000:secret:${Name}`;
      reply(200, { Name, ARN, ...(action === 'DescribeSecret' && described), ...result });
    } catch (error) {
      const type = error instanceof SecretsError ? error.type : 'InternalServiceError';
      reply(error instanceof SecretsError ? 400 : 500, { __type: type, message: String((error as Error).message) });
    }
  });
  return {
    ...server,
    /** Stores a secret's current value, and creates the secret if there is none. */
    put: (secretId: string, value: string): void => {
      const versions = secrets.get(secretId) ?? new Map();
      secrets.set(secretId, versions);
      putSecretValue(versions, { SecretString: value });
    },
    create: (secretId: string): void => void secrets.set(secretId, new Map()),
    get: (secretId: string) => withStage(secrets.get(secretId) ?? new Map(), 'AWSCURRENT')?.[1].value,
    /** When a secret is to be rotated next; `undefined` if its rotation is switched off, as it is at first. */
    setNextRotation: (secretId: string, date: Date | undefined): void => void nextRotations.set(secretId, date),
    setFailing: (fails: boolean): void => {
      isFailing = fails;
    },
    isFailing: () => isFailing,
    /** How long every call takes, in milliseconds. */
    setDelay: (milliseconds: number): void => {
      delay = milliseconds;
    },
    /** Begins a rotation as Secrets Manager does. @returns the `ClientRequestToken` for the four steps */
    startRotation: (secretId: string) => startRotation(secrets.get(secretId) ?? new Map()),
  };
}

const actions: Record<string, (versions: Versions, input: Input) => object> = {
  GetSecretValue: (versions, { VersionId, VersionStage = 'AWSCURRENT' }) => {
    const found =
      VersionId === undefined ? withStage(versions, VersionStage) : [...versions].find(([id]) => id === VersionId);
    if (found?.[1].value === undefined) throw notFound(`secret value for ${VersionId ?? VersionStage}`);
    const [id, { value, stages }] = found;
    return { SecretString: value, VersionId: id, VersionStages: [...stages] };
  },
  PutSecretValue: putSecretValue,
  DescribeSecret: (versions) => {
    const labelled = [...versions].filter(([, { stages }]) => stages.size > 0);
    return { VersionIdsToStages: Object.fromEntries(labelled.map(([id, { stages }]) => [id, [...stages]])) };
  },
  UpdateSecretVersionStage: (versions, { VersionStage = '', MoveToVersionId, RemoveFromVersionId }) => {
    const holder = withStage(versions, VersionStage)?.[0];
    if (holder !== RemoveFromVersionId) {
      throw new SecretsError('InvalidParameterException', `${VersionStage} is not attached to ${RemoveFromVersionId}.`);
    }
    moveStage(versions, VersionStage, MoveToVersionId);
    return {};
  },
};

function putSecretValue(versions: Versions, input: Input): object {
  const { SecretString, ClientRequestToken = randomUUID(), VersionStages = ['AWSCURRENT'] } = input;
  const version: Version = versions.get(ClientRequestToken) ?? { value: undefined, stages: new Set() };
  if (version.value !== undefined && version.value !== SecretString) {
    throw new SecretsError('ResourceExistsException', `Version ${ClientRequestToken} exists with another value.`);
  }
  version.value = SecretString;
  // The first version of a secret becomes the current one, whatever its labels.
  if (versions.size === 0) version.stages.add('AWSCURRENT');
  versions.set(ClientRequestToken, version);
  for (const stage of VersionStages) moveStage(versions, stage, ClientRequestToken);
  return { VersionId: ClientRequestToken, VersionStages };
}

/** With an empty version labelled AWSPENDING, or with the version of an unfinished rotation. */
function startRotation(versions: Versions): string {
  const pending = withStage(versions, 'AWSPENDING');
  if (pending && !pending[1].stages.has('AWSCURRENT')) return pending[0];
  const token = randomUUID();
  versions.set(token, { value: undefined, stages: new Set() });
  moveStage(versions, 'AWSPENDING', token);
  return token;
}

/** At most one version has a label. A version that loses AWSCURRENT becomes AWSPREVIOUS. */
function moveStage(versions: Versions, stage: string, to: string | undefined): void {
  const from = withStage(versions, stage)?.[0];
  if (from === to) return;
  if (from !== undefined) versions.get(from)?.stages.delete(stage);
  if (to !== undefined) versions.get(to)?.stages.add(stage);
  if (stage === 'AWSCURRENT' && from !== undefined) moveStage(versions, 'AWSPREVIOUS', from);
}

function withStage(versions: Versions, stage: string): [string, Version] | undefined {
  return [...versions].find(([, { stages }]) => stages.has(stage));
}

function notFound(what: string): SecretsError {
  return new SecretsError('ResourceNotFoundException', `Secrets Manager can't find the specified ${what}.`);
}
