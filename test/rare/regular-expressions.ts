import { check, type Parameters } from 'recheck';

/** A regular expression, and its place. */
export interface Expression {
  /** File and line. */
  where: string;
  source: string;
  flags: string;
}

// No limits in time, because a slow machine would change the verdict. recheck also has limits in steps, which stay.
const parameters: Parameters = {
  timeout: 300_000,
  attackTimeout: null,
  incubationTimeout: null,
  seedingTimeout: null,
};

/** @returns the expressions that take more than linear time for some text, each with such a text */
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
