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
  const own = async (name: string): Promise<[string, Asset]> => {
    const content = (await readFile(new URL(name, page), 'utf8')).replace('TOKEN', token);
    return [name === 'index.html' ? '/' : `/${name}`, { type: types[extname(name) as keyof typeof types], content }];
  };
  const module = async (name: string, specifier = name): Promise<[string, Asset]> => {
    const content = await readFile(fileURLToPath(import.meta.resolve(specifier)), 'utf8');
    // A browser finds packages only with an import map, which the page's policy does not allow.
    return [
      `/modules/${name}.js`,
      { type: javascript, content: content.replaceAll('from"preact"', 'from"./preact.js"') },
    ];
  };
  const names = (await readdir(page)).filter((name) => extname(name) in types);
  return new Map(
    await Promise.all([...names.map(own), module('preact'), module('hooks', 'preact/hooks'), module('htm')]),
  );
}
