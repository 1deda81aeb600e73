import { fromEnv } from '@aws-sdk/credential-provider-env';

/**
 * What the function's bundle has in place of the SDK's default credential chain. Lambda always hands credentials to
 * the environment; the chain's other sources (SSO, processes, instance metadata) are half of the SDK's code.
 */
export const defaultProvider = fromEnv;
