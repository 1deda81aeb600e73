import { getBorderCharacters, table } from 'table';

/** Prints a result: as JSON for scripts, else as text for people. */
export function print(json: boolean | undefined, result: unknown, text: string): void {
  console.log(json ? JSON.stringify(result, null, 2) : text);
}

/** Tells what is being done. Kept off standard output, which is the result's alone. */
export function progress(message: string): void {
  console.error(message);
}

/** Rows under headings. */
export function formatTable(heads: string[], rows: string[][]): string {
  return table([heads, ...rows], {
    border: getBorderCharacters('norc'),
    drawHorizontalLine: (index, count) => index < 2 || index === count,
  }).trimEnd();
}

/** What to do about errors of the AWS SDK that do not say. */
const hints: [RegExp, string][] = [
  [/^Region (is missing|not accepted)/, 'set AWS_REGION, or the region of your AWS profile'],
  [/^Could not load credentials/, 'log in to AWS, or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'],
];

/** An error in words: its message, and those of its causes that say something new. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const hint = hints.find(([shape]) => shape.test(error.message))?.[1];
  if (hint) return `${error.message}: ${hint}`;
  const cause = error.cause instanceof Error ? explain(error.cause) : '';
  return cause === '' || error.message.includes(cause) ? error.message : `${error.message}\n  because: ${cause}`;
}
