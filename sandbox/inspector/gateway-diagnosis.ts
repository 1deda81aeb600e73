import { callbackPath } from '../sandbox.ts';
import type { Call } from './history.ts';

/** Why the gateway answered itself, for a request that the function never got. @param url of the gateway */
export function diagnoseGateway({ reason, request: { path } }: Call, url: string) {
  if (reason !== 'no_route')
    return {
      causes: [reason],
      meaning: 'The request is larger than an HTTP API takes (10 MB), or than Lambda takes (6 MB, with the headers).',
      mend: 'Send less. A body that is not text reaches Lambda in base64, a third larger.',
      evidence: [],
    };
  return {
    causes: [reason],
    meaning: `The path ${path} is not the receiver's. Its path is ${callbackPath}.`,
    mend: `Give MessageMedia the whole callback URL, ${url}${callbackPath} (behind a tunnel: the tunnel's host, and ${callbackPath}).`,
    evidence: mistakes.filter(([isMade]) => isMade(path)).map(([, sentence]) => sentence),
  };
}

const mistakes: readonly [isMade: (path: string) => boolean, sentence: string][] = [
  [(path) => path === '/', 'The URL has no path: it ends after the host.'],
  [
    (path) => path !== callbackPath && squeeze(path) === callbackPath,
    'There is a slash too many. Without it, the path is right.',
  ],
  [
    (path) => path !== callbackPath && path.toLowerCase() === callbackPath,
    'Only upper and lower case differ, and they count.',
  ],
  [(path) => path.trim() !== path, 'There is white space at the end of the URL.'],
];

function squeeze(path: string): string {
  return path.replace(/\/+/g, '/').replace(/\/$/, '');
}
