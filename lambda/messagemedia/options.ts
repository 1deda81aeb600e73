import {
  type Authentication,
  authentications,
  basicAuthentication,
  hmacAuthentication,
  type SignedCall,
} from './authentication.ts';
import { ProviderError } from './error.ts';

/** Base URLs of MessageMedia's management API, by name: the classic host, and one for each region of accounts. */
const providerBaseUrls = {
  messagemedia: 'https://api.messagemedia.com',
  us: 'https://us.app.api.sinch.com',
  eu: 'https://eu.app.api.sinch.com',
  au: 'https://au.app.api.sinch.com',
} as const;

/**
 * Waits for work.
 *
 * @param what is waited for
 * @param milliseconds after which the work gives up by itself
 */
export type Watch = <T>(what: string, milliseconds: number, work: Promise<T>) => Promise<T>;

/** How to reach the management API, and with which credentials. */
export interface ProviderOptions {
  /** One of the names in `providerBaseUrls`, or a URL: https, or http on this machine's loopback. */
  baseUrl: string;
  apiKey: string;
  apiSecret: string;
  /** The sub-account to act for. Default: the account of the API key. */
  account?: string;
  /** `hmac` signs every call and never sends the secret. Default `basic`. */
  authentication?: Authentication;
  /** How long one try may take, in milliseconds. Default 10 000. */
  timeoutMilliseconds?: number;
  /** Gets messages about tries that failed. */
  log?: (message: string) => void;
  /** Shows a try while it is under way. */
  watch?: Watch;
  pause?: (milliseconds: number) => Promise<unknown>;
}

/** The parts that every request uses. */
export interface Connection {
  /** Without a slash at its end. */
  baseUrl: string;
  /** Headers of one try of a call. */
  headers: (call: SignedCall) => Record<string, string>;
  /** Replaces the credentials by `***` in text that came from outside. */
  redact: (text: string) => string;
}

/**
 * Checks the options. The error never repeats a wrong value, because it may be a secret in the wrong place.
 *
 * @throws {ProviderError} `invalid_options`
 */
export function connectionOf(options: ProviderOptions): Connection {
  const { baseUrl, apiKey, apiSecret, account, authentication = 'basic' } = options;
  if (apiKey === '') throw invalid('the API key is empty: set MESSAGEMEDIA_API_KEY');
  if (apiSecret === '') throw invalid('the API secret is empty: set MESSAGEMEDIA_API_SECRET');
  if (!authentications.includes(authentication)) {
    throw invalid(`the authentication is not one of ${authentications.join(', ')}: check MESSAGEMEDIA_AUTHENTICATION`);
  }
  if (authentication === 'basic' && apiKey.includes(':')) {
    throw invalid('the API key holds a colon, which HTTP Basic cannot carry: check it');
  }
  if (authentication === 'hmac' && !/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/.test(apiKey)) {
    throw invalid('HMAC needs an API key of printable ASCII without quotes and backslashes: check the API key');
  }
  if (account !== undefined && !/^[\x21-\x7e]+$/.test(account)) {
    throw invalid('the account is not printable ASCII without spaces: check it, or leave it out');
  }
  const { headers, redact } = { basic: basicAuthentication, hmac: hmacAuthentication }[authentication](
    apiKey,
    apiSecret,
  );
  const common = { accept: 'application/json', ...(account !== undefined && { account }) };
  return { baseUrl: resolveBaseUrl(baseUrl), headers: (call) => ({ ...common, ...headers(call) }), redact };
}

/**
 * The URL of the API, from its name or a URL. A version at its end is left out, because every call has its own.
 *
 * @throws {ProviderError} `invalid_options`
 */
export function resolveBaseUrl(baseUrl: string): string {
  const named = Object.entries(providerBaseUrls).find(([name]) => name === baseUrl)?.[1];
  if (named !== undefined) return named;
  const names = Object.keys(providerBaseUrls).join(', ');
  const url = URL.parse(baseUrl);
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') {
    throw invalid(`the base URL is neither one of ${names} nor an http(s) URL`);
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw invalid('the base URL may have a path, but no credentials, query or fragment');
  }
  if (url.protocol === 'http:' && !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname)) {
    throw invalid(`the base URL is plain http to ${url.hostname}, which would expose the credentials: use https`);
  }
  return url.href.replace(/(?<!\/)\/+$/, '').replace(/(?<!\/)\/+v1$/, '');
}

function invalid(problem: string): ProviderError {
  return new ProviderError('invalid_options', `Cannot call MessageMedia: ${problem}`);
}
