import { globSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { type AnyNode, type Expression as Code, parse } from 'acorn';
import { full } from 'acorn-walk';
import { type Expression, slowExpressions } from './regular-expressions.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const files = globSync('{bin,cli,diagnosis,examples,lambda,lib,sandbox,signing,terminal}/**/*.{ts,js}', {
  cwd: root,
  exclude: ['**/dist'],
});

/** Every regular expression of a program. @throws when one is built at run time, because it cannot be checked */
function expressionsIn(file: string, text: string): Expression[] {
  const program = parse(file.endsWith('.ts') ? stripTypeScriptTypes(text) : text, {
    ecmaVersion: 'latest',
    sourceType: 'module',
    locations: true,
  });
  const found: Expression[] = [];
  full(program, (node) => {
    const code = node as AnyNode;
    const where = `${file}:${node.loc?.start.line}`;
    if (code.type === 'Literal' && code.regex)
      found.push({ where, source: code.regex.pattern, flags: code.regex.flags });
    if ((code.type === 'NewExpression' || code.type === 'CallExpression') && isNamed(code.callee, 'RegExp')) {
      throw new Error(`${where} makes a regular expression at run time: write it as a literal, which can be checked.`);
    }
  });
  return found;
}

function isNamed(code: Code | { type: 'Super' }, name: string): boolean {
  return code.type === 'Identifier' && code.name === name;
}

test('every regular expression takes linear time', async () => {
  const expressions = files.flatMap((file) => expressionsIn(file, readFileSync(`${root}/${file}`, 'utf8')));
  expect(expressions.length).toBeGreaterThan(100);
  expect(await slowExpressions(expressions)).toEqual([]);
}, 600_000);

test('one that does not is found and told with the place where it stands', async () => {
  const text =
    'const a: string = "/x/";\nconst b = a.length / 2 / 1;\nexport const c = [/^(a|a)*$/, /\\s+$/.test(a), /^b$/];';
  const slow = await slowExpressions(expressionsIn('some.ts', text));
  expect(slow).toEqual([
    expect.stringMatching(/^some\.ts:3 \/\^\(a\|a\)\*\$\/: exponential, for 'a'/),
    expect.stringMatching(/^some\.ts:3 \/\\s\+\$\/: /),
  ]);
});

test.each(['new RegExp(name)', 'RegExp("a")'])('%s cannot be checked', (code) => {
  expect(() => expressionsIn('some.ts', `\nexport const made = ${code};`)).toThrow(/^some\.ts:2 makes .* at run time/);
});
