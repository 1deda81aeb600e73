import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

/*
 * Loaded before a function: no name can be resolved while the file DNS_FAILS_WHILE exists. The system's own resolver cannot
 * be made to fail for a while.
 */

const dns = createRequire(import.meta.url)('node:dns');
const { lookup } = dns;
dns.lookup = (hostname, ...rest) => {
  if (!existsSync(process.env.DNS_FAILS_WHILE)) return lookup(hostname, ...rest);
  const error = new Error(`getaddrinfo EAI_AGAIN ${hostname}`);
  process.nextTick(rest.at(-1), Object.assign(error, { code: 'EAI_AGAIN', syscall: 'getaddrinfo', hostname }));
};
