import { html, Verdict } from './html.js';
import { useState } from './modules/hooks.js';

/** Rows drawn at a time. A button shows more. */
const page = 200;

export function matches(call, { verdict, text }) {
  if (verdict !== 'all' && call.verdict !== verdict) return false;
  const words = `${call.method} ${call.target} ${call.reason} ${call.type} ${call.keyId} ${call.status}`.toLowerCase();
  return words.includes(text.trim().toLowerCase());
}

export function Filters({ filters, onFilter, shown, all }) {
  const choices = ['all', 'queued', 'refused', 'failed'];
  return html`
    <form class="filters" role="search" onSubmit=${(event) => event.preventDefault()}>
      <label>Verdict
        <select value=${filters.verdict} onChange=${({ target }) => onFilter({ ...filters, verdict: target.value })}>
          ${choices.map((choice) => html`<option value=${choice}>${choice}</option>`)}
        </select>
      </label>
      <label>Text
        <input type="search" value=${filters.text}
          onInput=${({ target }) => onFilter({ ...filters, text: target.value })} />
      </label>
      <span class="count">${shown === all ? `${all} calls` : `${shown} of ${all} calls`}</span>
    </form>`;
}

/** Requests that have no answer yet. */
export function Pending({ pending: { requests, all } }) {
  if (all === 0) return null;
  return html`
    <ul class="calls" aria-label="Requests without an answer yet">
      ${requests.map(
        ({ id, time, method, target }) => html`
          <li key=${id} class="pending">
            <span class="when">${timeOf(time)}</span>
            <span class="verdict"><span aria-hidden="true">…</span> no answer yet</span>
            <span class="target">${method} ${target}</span>
          </li>`,
      )}
      ${all > requests.length && html`<li class="pending">and ${all - requests.length} more</li>`}
    </ul>`;
}

export function CallList({ calls, selected, onSelect }) {
  const [rows, setRows] = useState(page);
  if (calls.length === 0)
    return html`<p class="empty">No call matches yet. Send one above, or to the callback URL.</p>`;
  return html`
    <ol class="calls" reversed>
      ${calls.slice(0, rows).map((call) => html`<${Row} key=${call.id} call=${call} isSelected=${call.id === selected} onSelect=${onSelect} />`)}
    </ol>
    ${calls.length > rows && html`<button type="button" class="more" onClick=${() => setRows(rows + page)}>Show ${page} more</button>`}`;
}

function Row({ call, isSelected, onSelect }) {
  const { id, time, method, target, verdict, status, reason, type, keyId } = call;
  const about = reason || type.replace('com.messagemedia.', '');
  return html`
    <li>
      <button type="button" id=${`call-${id}`} class="call" aria-current=${isSelected ? 'true' : undefined}
        onClick=${() => onSelect(id, true)}>
        <span class="when">${timeOf(time)}</span>
        <${Verdict} of=${verdict} />
        <span class="status">${status}</span>
        <span class="about">${about}</span>
        <span class="second">
          <span class="target">${method} ${target}</span>
          <span class="key">${keyId && `key ${keyId.slice(0, 8)}`}</span>
        </span>
      </button>
    </li>`;
}

function timeOf(time) {
  return new Date(time).toTimeString().slice(0, 8);
}
