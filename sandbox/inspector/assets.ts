import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

interface Asset {
  type: string;
  content: string;
}

const javascript = 'text/javascript; charset=utf-8';

/** All files of the page: its own, and three modules from packages. */
export async function loadAssets(token: string): Promise<ReadonlyMap<string, Asset>> {
  const own = (name: string) => readFile(new URL(`./page/${name}`, import.meta.url), 'utf8');
  const module = (specifier: string) => readFile(fileURLToPath(import.meta.resolve(specifier)), 'utf8');
  const scripts = ['app.js', 'server.js', 'toolbar.js', 'list.js', 'details.js', 'html.js'];
  return new Map<string, Asset>([
    ['/', { type: 'text/html; charset=utf-8', content: (await own('index.html')).replace('TOKEN', token) }],
    ['/style.css', { type: 'text/css; charset=utf-8', content: await own('style.css') }],
    ...(await Promise.all(
      scripts.map(
        async (name): Promise<[string, Asset]> => [`/${name}`, { type: javascript, content: await own(name) }],
      ),
    )),
    ['/modules/preact.js', { type: javascript, content: await module('preact') }],
    // A browser finds packages only with an import map, which the page's policy does not allow.
    [
      '/modules/hooks.js',
      { type: javascript, content: (await module('preact/hooks')).replaceAll('from"preact"', 'from"./preact.js"') },
    ],
    ['/modules/htm.js', { type: javascript, content: await module('htm') }],
  ]);
}
