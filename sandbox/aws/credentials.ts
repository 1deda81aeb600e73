/** Credentials that every local stand-in accepts. They are not in `queue.ts`, which loads SQS and S3. */
export const localCredentials = { accessKeyId: 'local', secretAccessKey: 'local' };
