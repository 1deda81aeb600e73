import { check, type Parameters } from 'recheck';

/** A regular expression, and where it stands. */
export interface Expression {
  /** File and line. */
  where: string;
  source: string;
  flags: string;
}

// Limits in steps, which recheck has too, give the same verdict on a slow machine; limits in time do not.
const parameters: Parameters = {
  timeout: 300_000,
  attackTimeout: null,
  incubationTimeout: null,
  seedingTimeout: null,
};

/** @returns those for which a text exists that takes more than linear time, with such a text */
export async function slowExpressions(expressions: readonly Expression[]): Promise<string[]> {
  const slow: string[] = [];
  for (const { where, source, flags } of expressions) {
    const result = await check(source, flags, parameters);
    const shown = `${where} /${source}/${flags}`;
    if (result.status === 'vulnerable')
      slow.push(`${shown}: ${result.complexity.summary}, for ${result.attack.pattern}`);
    if (result.status === 'unknown') slow.push(`${shown}: cannot be checked (${result.error.kind})`);
  }
  return slow;
}
