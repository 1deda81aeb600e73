// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Velocity writes its references like that
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { renderTemplate } from '../../../sandbox/provider/templates.ts';

interface Vector {
  template: string;
  variables: Record<string, unknown>;
  rendered: string;
}
const vectors: Vector[] = JSON.parse(readFileSync(new URL('../../vectors/velocity.json', import.meta.url), 'utf8'));

test(`renders what Apache Velocity renders, ${vectors.length} times`, () => {
  expect(vectors.length).toBeGreaterThan(100);
  for (const { template, variables, rendered } of vectors) expect(renderTemplate(template, variables)).toBe(rendered);
});

test('a value is never rendered again', () => {
  expect(renderTemplate('$a', { a: '$b', b: 'secret' })).toBe('$b');
});
