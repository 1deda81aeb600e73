import * as http from 'node:http';
import { Agent } from 'node:https';

/** What Node calls `proxyEnv`. */
export interface ProxySettings {
  HTTP_PROXY?: string;
  HTTPS_PROXY?: string;
  NO_PROXY: string;
}

/** Calls to this machine, such as to the sandbox, never go through a proxy. */
const thisMachine = ['localhost', '.localhost', '127.0.0.1', '::1'];

/** The proxy that the environment names, as curl and the AWS CLI read it; `undefined` if it names none. */
export function proxyOf(env: NodeJS.ProcessEnv): ProxySettings | undefined {
  const read = (name: string) => env[name.toLowerCase()] || env[name];
  // As curl does, which needs no scheme.
  const toUrl = (proxy: string | undefined) => proxy && (proxy.includes('://') ? proxy : `http://${proxy}`);
  const [plain, secure] = [toUrl(read('HTTP_PROXY')), toUrl(read('HTTPS_PROXY'))];
  if (!plain && !secure) return undefined;
  const NO_PROXY = [read('NO_PROXY'), ...thisMachine].filter(Boolean).join(',');
  return { ...(plain && { HTTP_PROXY: plain }), ...(secure && { HTTPS_PROXY: secure }), NO_PROXY };
}

const problem = 'The proxy of the environment is not used for MessageMedia, because this is';

/** Sends every call but those of the SDK through the proxy of the environment. @param tell says that this Node cannot */
export function useProxy(tell: (problem: string) => void): void {
  const proxy = proxyOf(process.env);
  if (proxy === undefined || process.env.NODE_USE_ENV_PROXY === '1') return;
  // Not in Node 22, whatever its types say.
  const { setGlobalProxyFromEnv: use } = http as Partial<typeof http>;
  if (use) use({ ...proxy });
  else
    tell(`${problem} Node ${process.version}: use Node 24.14 or newer, or with 22.21 or newer NODE_USE_ENV_PROXY=1.`);
}

/** With it a client of the SDK, which has an agent of its own, uses the proxy for AWS, which is always called by HTTPS. */
export function proxyAgent(): Agent | undefined {
  const proxyEnv = proxyOf(process.env);
  return proxyEnv && new Agent({ keepAlive: true, maxSockets: 50, proxyEnv: { ...proxyEnv } });
}
