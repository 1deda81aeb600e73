import { randomUUID } from 'node:crypto';
import { type LocalServer, listen, readBody } from './http.ts';

/** A stand-in for Secrets Manager that speaks its protocol for the calls that read and write one current value. */
export interface LocalSecrets extends LocalServer {
  /** Stores a secret's current value. */
  put: (secretId: string, value: string) => void;
}

/** Starts it on a free port. */
export async function startSecrets(): Promise<LocalSecrets> {
  const secrets = new Map<string, { value: string; versionId: string }>();
  const put = (secretId: string, value: string) => {
    const versionId = randomUUID();
    secrets.set(secretId, { value, versionId });
    return versionId;
  };

  const actions: Record<string, (input: Record<string, string>) => object | undefined> = {
    GetSecretValue: ({ SecretId = '' }) => {
      const secret = secrets.get(SecretId);
      return secret && { Name: SecretId, ARN: arn(SecretId), SecretString: secret.value, VersionId: secret.versionId };
    },
    PutSecretValue: ({ SecretId = '', SecretString = '' }) =>
      secrets.has(SecretId)
        ? { Name: SecretId, ARN: arn(SecretId), VersionId: put(SecretId, SecretString) }
        : undefined,
  };

  const server = await listen(0, async (request, response) => {
    const action = String(request.headers['x-amz-target']).replace(/^secretsmanager\./, '');
    const input = JSON.parse(String((await readBody(request)) || '{}'));
    const result = actions[action]?.(input);
    const error = actions[action] ? 'ResourceNotFoundException' : 'InvalidRequestException';
    response
      .writeHead(result ? 200 : 400, { 'content-type': 'application/x-amz-json-1.1' })
      .end(JSON.stringify(result ?? { __type: error, message: `${action} of ${input.SecretId} failed` }));
  });
  return { ...server, put };
}

function arn(name: string): string {
  return `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}`;
}
