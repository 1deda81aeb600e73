import { visibleOnOneLine } from '../../terminal/text.ts';
import type { BadLine } from '../archive/verify.ts';

/** Describes a bad line of the archive in one line of text. */
export function describeBadLine({ object, line, id = '', reason }: BadLine): string {
  return visibleOnOneLine(`bad: ${object} line ${line}${id && `, event ${id}`}: ${reason}`);
}
