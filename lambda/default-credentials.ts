import { fromEnv } from '@aws-sdk/credential-provider-env';

/**
 * Replaces the SDK's default credential chain in the function's bundle. Lambda always puts credentials into the
 * environment. The chain's other sources (SSO, processes, instance metadata) are half of the SDK's code.
 */
export const defaultProvider = fromEnv;
