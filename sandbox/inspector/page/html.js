import htm from './modules/htm.js';
import { h } from './modules/preact.js';

export const html = htm.bind(h);

/** Characters that are invisible, or change the direction of text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are shown by name
const invisible = /([\u0000-\u001f\u007f-\u00a0\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff])/;

const names = { '\n': 'LF', '\r': 'CR', '\t': 'TAB', '\ufeff': 'BOM', '\u00a0': 'NBSP', '\ufffd': '?' };

/** Text with its invisible characters shown by name. Line feeds of a text that this page laid out are no part of it. */
export function visible(text, isLaidOut = false) {
  return text.split(invisible).map((part, index) => {
    if (index % 2 === 0 || (isLaidOut && part === '\n')) return part;
    const name = names[part] ?? `U+${part.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
    return html`<span class="invisible">${name}</span>${part === '\n' ? '\n' : ''}`;
  });
}

const marks = { queued: '✓', refused: '✗', failed: '!' };

export function Verdict({ of: verdict }) {
  return html`<span class=${`verdict ${verdict}`}><span aria-hidden="true">${marks[verdict]}</span> ${verdict}</span>`;
}
