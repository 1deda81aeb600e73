import { randomUUID } from 'node:crypto';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { archiveBatch, type QueuedRecord } from './archive/archive-batch.ts';
import { toKeyObject } from './archive/archive-keys.ts';
import { createArchiveStore } from './archive/archive-store.ts';
import { archiveService } from './archive-contract.ts';
import { backgroundSettings } from './background-settings.ts';
import { readArchiveEnvironment } from './environment.ts';
import { secretText } from './keys/keyring-secret.ts';
import { createLog, describeError } from './log.ts';

const log = createLog(archiveService);

const clientSettings = backgroundSettings(10_000);

/** The answer to a batch: the named messages stay on the queue. */
export interface BatchResponse {
  batchItemFailures: { itemIdentifier: string }[];
}

/**
 * Lambda's entry point. It archives events that no stream accepted, from the archive's queue, and the public keys, on a
 * schedule.
 *
 * @param event of SQS; any other event counts as the schedule's
 * @throws when the keys cannot be archived. For a batch, it returns the messages that are not archived instead
 */
export async function handler(event: { Records?: QueuedRecord[] }): Promise<BatchResponse | undefined> {
  const settings = readArchiveEnvironment(process.env);
  const store = createArchiveStore(settings, { ...clientSettings, forcePathStyle: settings.hasOwnS3Endpoint });
  if (event.Records === undefined) {
    await archiveKeys(settings.keyringSecretId, store);
    return undefined;
  }
  const left = await archiveBatch(event.Records, {
    put: store.putEvents,
    copyData: store.copyData,
    createId: randomUUID,
    failed: (messageId, error) => log.warn('not archived yet', { messageId, detail: describeError(error) }),
  });
  log.info('archived', { events: event.Records.length - left.length, left: left.length });
  return { batchItemFailures: left.map((itemIdentifier) => ({ itemIdentifier })) };
}

async function archiveKeys(SecretId: string, { putKeys }: ReturnType<typeof createArchiveStore>): Promise<void> {
  const secrets = new SecretsManagerClient(clientSettings);
  const secret = secretText(await secrets.send(new GetSecretValueCommand({ SecretId })));
  const object = toKeyObject(secret, new Date());
  if (object && (await putKeys(object.key, object.body))) log.info('keys archived', { object: object.key });
}
