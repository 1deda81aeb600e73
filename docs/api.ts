import { globSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { App } from 'aws-cdk-lib';
import { readSettings } from '../lib/settings/read-settings.ts';

/*
 * docs/api.md and the table of docs/settings.md, made from docstrings. `npm run docs` writes them, and a test fails when they
 * are out of date. It reads the sources as Biome formats them: no generator of such pages knows the project's TypeScript.
 */

const root = fileURLToPath(new URL('..', import.meta.url));
export const read = (file: string) => readFileSync(posix.join(root, file), 'utf8');

/** What a file exports under a name: its docstring, what it extends, and what is between its braces. */
interface Declaration {
  name: string;
  kind: string;
  meaning: string;
  parents: string[];
  body: string;
}

const docstring = String.raw`(?<docstring>^ *\/\*\*(?:(?!\*\/).)*\*\/\n)?`;
const declaration = new RegExp(
  String.raw`${docstring}^export (?:async )?(?<kind>class|interface|type|function) (?<name>\w+)(?<bases>[^\n]*)(?<body>(?:\n(?!\}$|\/\*\*|export )[^\n]*)*)`,
  'gms',
);

function declarationsIn(source: string): Declaration[] {
  return [...source.matchAll(declaration)].map(
    ({ groups: { docstring, kind = '', name = '', bases = '', body = '' } = {} }) => {
      const parents = /\b(?:extends|implements)\b.*/.exec(bases)?.[0].match(/\b[A-Z]\w+/g) ?? [];
      return { name, kind, meaning: textOf(docstring), parents, body: `${body}\n` };
    },
  );
}

/** The text of a docstring, in one line. */
function textOf(docstring = ''): string {
  const lines = docstring.replaceAll(/^ *(\/\*\*|\*\/|\*) ?|\*\/$/gm, '');
  const tagged = lines
    .replaceAll(/\n?@param (\w+)/g, '<br>`$1`:')
    .replaceAll(/\n?@throws \{(\w+)\}/g, '<br>throws `$1`');
  return tagged
    .replaceAll(/\n?@returns/g, '<br>returns')
    .trim()
    .replaceAll(/\s+/g, ' ')
    .replaceAll('|', '\\|');
}

const sources = globSync('lib/**/*.ts', { cwd: root }).sort();
const named = new Map(sources.flatMap((file) => declarationsIn(read(file))).map((one) => [one.name, one]));

/** One property or method. A name that begins with # is nobody else's. */
const member = new RegExp(
  String.raw`${docstring}^ {2}(?:readonly |static )*(?<name>(?!constructor)[a-z]\w*)(?:(?<optional>\??): (?<type>[^;]*);|\((?<parameters>[^;{]*)\): (?<result>[^;{]*)[;{])$`,
  'gms',
);

interface Member {
  name: string;
  type: string;
  isRequired: boolean;
  meaning: string;
  fallback: string;
}

/** The properties and methods of a declaration, and of those of the project that it extends. */
function membersOf({ body, parents }: Declaration): Member[] {
  const own = [...body.matchAll(member)].map(
    ({ groups: { docstring, name = '', optional, type, parameters, result } = {} }) => {
      const [meaning = '', fallback = ''] = textOf(docstring).split('@default ');
      return {
        name: parameters === undefined ? name : `${name}(${parameters.replaceAll(/\s+/g, ' ').trim()})`,
        type: (type ?? result ?? '').replace(/ \| undefined$/, '').trim(),
        isRequired: optional === '',
        meaning: meaning.trim(),
        fallback: fallback.replace(/^- /, ''),
      };
    },
  );
  const inherited = parents.flatMap((parent) => named.get(parent) ?? []).flatMap(membersOf);
  return [...own, ...inherited.filter(({ name }) => !own.some((one) => one.name === name))];
}

/** Every setting of `cdk deploy`, with the value that is used where nothing is given, and its meaning. */
export function settings(): string {
  const defaults = new Map(Object.entries(readSettings(new App().node)));
  const [declared] = declarationsIn(read('lib/settings/settings.ts')).filter(({ name }) => name === 'Settings');
  const rows = (declared ? membersOf(declared) : []).map(({ name, meaning, fallback }) => {
    const value = defaults.get(name);
    return [`\`${name}\``, value === undefined ? fallback : `\`${value}\``, meaning];
  });
  return table(['name', 'default', 'meaning'], rows);
}

/** For each class and interface that `lib/index.ts` exports, its tables. */
export function constructs(): string {
  const exported = [...read('lib/index.ts').matchAll(/^export (?:type )?\{(.*?)\}/gms)].flatMap(([, names = '']) =>
    names.split(',').map((name) => name.replace('type', '').trim()),
  );
  const declarations = exported.flatMap((name) => named.get(name) ?? []);
  return declarations
    .filter(({ kind }) => kind === 'class' || kind === 'interface')
    .map(sectionOf)
    .join('\n\n');
}

function sectionOf(one: Declaration): string {
  // What has behaviour has no defaults; its interface begins with I, as in the CDK.
  const isActive = one.kind === 'class' || /^I[A-Z]/.test(one.name);
  const rows = membersOf(one).map(({ name, type, isRequired, meaning, fallback }) => {
    const common = [`\`${name}\``, `\`${type.replaceAll('|', '\\|')}\``];
    return isActive ? [...common, meaning] : [...common, isRequired ? '(required)' : fallback, meaning];
  });
  const heads = isActive ? ['member', 'type', 'meaning'] : ['property', 'type', 'default', 'meaning'];
  return [`### ${one.name}`, one.meaning, ...(rows.length > 0 ? [table(heads, rows)] : [])].join('\n\n');
}

/** The functions and classes of every entry of the package but the constructs. */
export function reading(): string {
  const { exports }: { exports: Record<string, { import?: { default: string } }> } = JSON.parse(read('package.json'));
  const rows = Object.entries(exports).flatMap(([entry, { import: { default: compiled } = { default: '' } }]) => {
    if (compiled === '') return [];
    const source = compiled.replace('./dist/esm/', '').replace(/\.js$/, '.ts');
    const declarations = declarationsIn(read(source)).filter(({ kind }) => kind === 'class' || kind === 'function');
    return declarations.map(({ name, meaning }) => [`\`${entry.slice(2)}\``, `\`${name}\``, meaning]);
  });
  return table(['entry', 'export', 'meaning'], rows);
}

export function table(heads: string[], rows: string[][]): string {
  return [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
