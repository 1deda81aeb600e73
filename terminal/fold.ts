import { Help } from 'commander';

const help = Object.assign(new Help(), { minWidthToWrap: 1 });

/** A command to copy: a line break would end it. */
const commandAtStart = /^\s*(?:npx|mmw|aws|curl|export|unset) /;
const commandAtEnd = /^(.*:) ((?:npx|mmw|aws|curl|export|unset) .*)$/s;

/**
 * Text whose lines fit the terminal. A wrapped line keeps its indentation. A command gets its own line and is not wrapped.
 *
 * @param width characters that fit on a line
 */
export function fold(text: string, width = widthOf(process.stdout)): string {
  return text
    .split('\n')
    .map((line) => foldLine(line, width))
    .join('\n');
}

function foldLine(line: string, width: number): string {
  if (line.length <= width || commandAtStart.test(line)) return line;
  const indent = /^\s*(?:[✓✗!-] +)?/.exec(line)?.[0].length ?? 0;
  const margin = ' '.repeat(indent);
  const [, before, copied] = commandAtEnd.exec(line) ?? [];
  if (before !== undefined) return `${foldLine(before, width)}\n${margin}  ${copied}`;
  const body = help.boxWrap(line.slice(indent), Math.max(1, width - indent));
  return line.slice(0, indent) + body.replaceAll('\n', `\n${margin}`);
}

/** Characters that fit on a line. If the output is not a terminal, lines may have any length. */
export function widthOf({ isTTY, columns }: { isTTY?: boolean; columns?: number }): number {
  return isTTY ? columns || 80 : Number.POSITIVE_INFINITY;
}

/** Least room for a description beside its term, in characters. */
const enoughRoom = 40;

/** An option or command in a help text, as commander writes it; without enough room, its description is below it. */
export function formatItem(term: string, termWidth: number, description: string, helper: Help): string {
  const width = helper.helpWidth ?? 80;
  if (!description || width - termWidth - 4 >= enoughRoom) {
    return Help.prototype.formatItem.call(helper, term, termWidth, description, helper);
  }
  return `  ${term}\n      ${help.boxWrap(description, width - 6).replaceAll('\n', '\n      ')}`;
}

/** Terms and what they mean, as the options in a help. @param width characters that fit on a line */
export function formatItems(items: readonly [string, string][], width = process.stdout.columns || 80): string {
  const termWidth = Math.max(...items.map(([term]) => term.length));
  const helper = Object.assign(new Help(), { helpWidth: width });
  return items.map(([term, description]) => formatItem(term, termWidth, description, helper)).join('\n');
}
