import { causes } from '../diagnosis/causes.ts';

/** Every cause that the doctor knows, with what it means and what mends it, as a table in Markdown. */
export function causesTable(): string {
  const rows = Object.entries(causes).map(([cause, [meaning, mend]]) => `| \`${cause}\` | ${meaning} | ${mend} |`);
  return ['| cause | what it means | what to do |', '|---|---|---|', ...rows].join('\n');
}
