import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { type Expression, slowExpressions } from './regular-expressions.ts';

/** It has what the consumer imports: `npm run test:python` makes it. */
const python = fileURLToPath(new URL('../../examples/python/.venv/bin/python', import.meta.url));
const printer = fileURLToPath(new URL('../../examples/python/tests/print_patterns.py', import.meta.url));

test('every regular expression of the consumer in Python takes linear time', async () => {
  const expressions: Expression[] = JSON.parse(execFileSync(python, [printer], { encoding: 'utf8' }));
  expect(expressions.map(({ where }) => where)).toContainEqual(expect.stringMatching(/^consumer\/signature\.py:\d+$/));
  // JavaScript writes line breaks in a pattern as escapes.
  const written = expressions.map((found) => ({ ...found, source: new RegExp(found.source, found.flags).source }));
  expect(await slowExpressions(written)).toEqual([]);
}, 600_000);
