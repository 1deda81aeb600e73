import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

const root = new URL('../', import.meta.url);
const { compilerOptions } = JSON.parse(readFileSync(new URL('tsconfig.json', root), 'utf8'));

/** Lets the package's own imports lead to its sources, as `paths` in tsconfig.json does for TypeScript and esbuild. */
registerHooks({
  resolve: (specifier, context, next) => {
    const [source] = compilerOptions.paths[specifier] ?? [];
    return next(source === undefined ? specifier : new URL(source, root).href, context);
  },
});
