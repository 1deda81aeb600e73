import { existsSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * The pure core, in which no mutant may survive. Each file has the tests that must kill its mutants. Where possible, they
 * need no queue and no API.
 */
const core: Record<string, string[]> = {
  'lambda/signature.ts': ['test/lambda/signature.test.ts'],
  'lambda/json.ts': ['test/lambda/json.test.ts'],
  'lambda/guards.ts': ['test/lambda/guards.test.ts'],
  'lambda/receiver/request.ts': ['test/lambda/receiver/request.test.ts'],
  'lambda/receiver/authenticate.ts': ['test/lambda/receiver/authenticate.test.ts'],
  'lambda/receiver/try-keys.ts': ['test/lambda/receiver/authenticate.test.ts'],
  'lambda/event/identity.ts': ['test/lambda/event/identity.test.ts'],
  'lambda/event/queue-message.ts': ['test/lambda/event/queue-message.test.ts', 'test/lambda/event/identity.test.ts'],
  'lambda/event/inline-body.ts': ['test/lambda/event/queued-event.test.ts'],
  'lambda/event/queued-event.ts': ['test/lambda/event/queued-event.test.ts'],
  'lambda/event/attributes.ts': ['test/lambda/event/queued-event.test.ts'],
  'lambda/event/reverify.ts': ['test/lambda/event/reverify.test.ts'],
  'lambda/keys/keyring.ts': ['test/lambda/keys/keyring.test.ts'],
  'lambda/keys/keyring-cache.ts': ['test/lambda/keys/keyring.test.ts'],
  'lambda/keys/keyring-secret.ts': ['test/lambda/keys/keyring-secret.test.ts', 'test/lambda/keys/keyring.test.ts'],
  'lambda/keys/key-life.ts': ['test/lambda/keys/key-life.test.ts'],
  'lambda/keys/rotation.ts': [
    'test/lambda/keys/rotation.test.ts',
    'test/lambda/keys/enabling.test.ts',
    'test/lambda/keys/retirement.test.ts',
  ],
};

/** The tests of other files, if no test has the file's name, or the folder has more tests than the file needs. */
const others: Record<string, string[]> = {
  'lambda/background-settings.ts': ['test/lambda/archive-handler.test.ts', 'test/lambda/rotation-handler.test.ts'],
  'lambda/contract.ts': [
    'test/lambda/receiver/capture.test.ts',
    'test/lambda/reconcile-handler.test.ts',
    'test/lambda/rotation-handler.test.ts',
  ],
  'lambda/default-credentials.ts': ['test/lambda/handler-in-process.test.ts'],
  'lambda/node-process.ts': ['test/lib/bundle.slow.test.ts'],
  'lambda/node-zlib.ts': ['test/lib/bundle.slow.test.ts'],
  'lambda/node-fs.ts': ['test/lib/bundle.slow.test.ts'],
  'lambda/handler.ts': ['test/lambda/handler-in-process.test.ts'],
  'lambda/stack-outputs.ts': ['test/lib/stack.test.ts'],
  'lambda/archive-contract.ts': ['test/lambda/archive-contract.test.ts', 'test/lambda/archive-handler.test.ts'],
  'lambda/archive/archive-batch.ts': ['test/lambda/archive-handler.test.ts'],
  'lambda/archive/archive-store.ts': [
    'test/lambda/archive/archive-store.test.ts',
    'test/lambda/archive-handler.test.ts',
  ],
  'diagnosis/diagnose.ts': ['test/diagnosis/diagnose.test.ts', 'test/diagnosis/evidence.test.ts'],
  'lambda/event/kinds.ts': ['test/lambda/event/identity.test.ts', 'test/lambda/archive-contract.test.ts'],
  'lambda/event/dataref.ts': ['test/lambda/event/s3-data.test.ts'],
  'lambda/messagemedia/error.ts': ['test/lambda/messagemedia/error.test.ts'],
  'diagnosis/dates.ts': ['test/diagnosis/dates.test.ts', 'test/diagnosis/evidence.test.ts'],
  'lambda/messagemedia/authentication.ts': ['test/lambda/messagemedia/options.test.ts'],
  'lambda/reconcile/reconcile.ts': ['test/lambda/reconcile-handler.test.ts'],
  'lambda/receiver/receiver.ts': ['test/lambda/receiver/receiver.test.ts', 'test/lambda/handler-in-process.test.ts'],
  'lambda/receiver/errors.ts': ['test/lambda/receiver/authenticate.test.ts', 'test/lambda/receiver/receiver.test.ts'],
};

/** All files that are named here, with their tests. */
export const named = { ...core, ...others };

export function isCore(file: string): boolean {
  return file in core;
}

/** The tests that must kill a file's mutants: the test with its name, or else all fast tests of its folder. */
export function testsOf(file: string): string[] {
  const mirror = `test/${file.replace(/\.ts$/, '.test.ts')}`;
  return named[file] ?? (existsSync(mirror) ? [mirror] : [`test/${dirname(file)}/!(*.slow).test.ts`]);
}
