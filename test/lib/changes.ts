import { isDeepStrictEqual } from 'node:util';
import type { TemplateJson } from './support.ts';

/**
 * The differences between two templates, one per line: `+ id` and `- id` for resources, `~ id.property` for a change in
 * a resource, `output name` for outputs. Logical ids are without their hashes.
 */
export function changes(before: TemplateJson, after: TemplateJson): string[] {
  const resources = compare(before.Resources, after.Resources, (id, was, is) =>
    [...properties(was.Properties, is.Properties), ...properties(withoutProperties(was), withoutProperties(is))].map(
      (property) => `~ ${readable(id)}.${property}`,
    ),
  );
  const outputs = compare(before.Outputs, after.Outputs, (id) => [`~ ${id}`]);
  return [...resources, ...outputs.map((line) => line.replace(' ', ' output '))].sort();
}

function compare<T>(
  before: Record<string, T>,
  after: Record<string, T>,
  describe: (id: string, was: T, is: T) => string[],
): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((id) => {
    const [was, is] = [before[id], after[id]];
    if (was === undefined) return [`+ ${readable(id)}`];
    if (is === undefined) return [`- ${readable(id)}`];
    return isDeepStrictEqual(was, is) ? [] : describe(id, was, is);
  });
}

function properties(before: object = {}, after: object = {}): string[] {
  const [was, is] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  return [...new Set([...was.keys(), ...is.keys()])].filter((key) => !isDeepStrictEqual(was.get(key), is.get(key)));
}

function withoutProperties(resource: object): object {
  return { ...resource, Properties: undefined };
}

function readable(logicalId: string): string {
  return logicalId.replaceAll(/[0-9A-F]{8}(?:[0-9a-f]{32})?(?=[A-Z]|$)/g, '');
}
