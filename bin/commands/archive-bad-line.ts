import { visibleOnOneLine } from '../../terminal/text.ts';
import type { BadLine } from '../archive/verify.ts';

/** One line that names what is bad. */
export function describeBadLine({ object, line, id = '', reason }: BadLine): string {
  return visibleOnOneLine(`bad: ${object} line ${line}${id && `, event ${id}`}: ${reason}`);
}
