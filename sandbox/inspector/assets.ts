import { readdir, readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Asset {
  type: string;
  content: string;
}

const page = new URL('page/', import.meta.url);
const javascript = 'text/javascript; charset=utf-8';
const types = { '.html': 'text/html; charset=utf-8', '.css': 'text/css; charset=utf-8', '.js': javascript };

/** All files of the page: its own, and three modules from packages. */
export async function loadAssets(token: string): Promise<ReadonlyMap<string, Asset>> {
  const module = (specifier: string) => readFile(fileURLToPath(import.meta.resolve(specifier)), 'utf8');
  const own = async (name: string): Promise<[string, Asset]> => {
    const content = await readFile(new URL(name, page), 'utf8');
    const type = types[extname(name) as keyof typeof types];
    return name === 'index.html'
      ? ['/', { type, content: content.replace('TOKEN', token) }]
      : [`/${name}`, { type, content }];
  };
  return new Map<string, Asset>([
    ...(await Promise.all((await readdir(page)).filter((name) => extname(name) in types).map(own))),
    ['/modules/preact.js', { type: javascript, content: await module('preact') }],
    // A browser finds packages only with an import map, which the page's policy does not allow.
    [
      '/modules/hooks.js',
      { type: javascript, content: (await module('preact/hooks')).replaceAll('from"preact"', 'from"./preact.js"') },
    ],
    ['/modules/htm.js', { type: javascript, content: await module('htm') }],
  ]);
}
