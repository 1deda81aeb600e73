import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { renderTemplate } from '../../signing/render-template.ts';

interface Vector {
  template: string;
  variables: Record<string, unknown>;
  rendered: string;
  /** The result of Velocity 1.7, if it differs. MessageMedia does not document which version it runs. */
  renderedByOlder?: string;
}
const vectors: Vector[] = JSON.parse(readFileSync(new URL('../vectors/velocity.json', import.meta.url), 'utf8'));

test.each(vectors.map((vector, index) => [index, vector] as const))('vector %i as Apache Velocity', (_, vector) => {
  const { template, variables, rendered, renderedByOlder = rendered } = vector;
  expect([rendered, renderedByOlder]).toContain(renderTemplate(template, variables));
});

test('the older name for hasNext is known, which the example of MessageMedia uses', () => {
  const template = '#foreach($x in $list)$x#if( $velocityHasNext ),#end#end';
  expect(renderTemplate(template, { list: ['a', 'b'] })).toBe('a,b');
});

test('a value is never rendered again', () => {
  expect(renderTemplate('$a', { a: '$b', b: 'secret' })).toBe('$b');
});

test.each(['$id.getBytes()', '$n.nope(1)', '$metadata.get()', '$esc.nope($id)'])('%s stays as it is', (template) => {
  expect(renderTemplate(template, { id: '1', n: 1, metadata: {} })).toBe(template);
});

test('what a template does to its variables ends with it', () => {
  const variables = { list: ['a'] };
  renderTemplate('$list.add("b")', variables);
  expect(variables).toEqual({ list: ['a'] });
});
