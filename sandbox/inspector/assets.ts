import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

interface Asset {
  type: string;
  content: string;
}

const javascript = 'text/javascript; charset=utf-8';

/** Everything that the page is made of: its own files, and three modules as their packages have them. */
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
    // A browser knows packages by an import map alone, which the page's policy has no place for.
    [
      '/modules/hooks.js',
      { type: javascript, content: (await module('preact/hooks')).replaceAll('from"preact"', 'from"./preact.js"') },
    ],
    ['/modules/htm.js', { type: javascript, content: await module('htm') }],
  ]);
}
