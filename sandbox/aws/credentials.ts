/** Credentials that every local stand-in takes. In a file of their own, as who needs them seldom needs a queue. */
export const localCredentials = { accessKeyId: 'local', secretAccessKey: 'local' };
