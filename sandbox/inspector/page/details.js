import { html, Verdict, visible } from './html.js';
import { useState } from './modules/hooks.js';
import { get } from './server.js';

/** Everything about one call. */
export function Details({ call, act, onBack, onOpen }) {
  if (call === undefined)
    return html`<section class="details"><p class="empty">Choose a call to see why it was queued or refused.</p></section>`;
  return html`
    <section class="details" aria-labelledby="details-title">
      <button type="button" class="back" onClick=${onBack}>Back to the list</button>
      <h2 id="details-title" tabindex="-1">Call ${call.id}: <${Verdict} of=${call.verdict} /> ${call.status} ${call.reason}</h2>
      <p class="meta">${call.time} · ${call.bytes} bytes · key ${call.keyId || 'not named'}</p>
      <div class="buttons">
        <button type="button" onClick=${() => act('/replay', { id: call.id })}>Replay to this gateway</button>
        <${CopyCurl} id=${call.id} key=${call.id} />
      </div>
      <${Diagnosis} call=${call} />
      <${Checks} checks=${call.checks} />
      <${Difference} difference=${call.difference} onOpen=${onOpen} />
      <${Signed} parts=${call.signed} />
      <${Block} title="Request on the wire" text=${call.wire} />
      <${Block} title=${`Answer: ${call.status}`} text=${call.answer} />
      ${call.message && html`<${Block} title="Event in the queue" text=${call.message} isLaidOut />`}
      ${call.consumer && html`<${Block} title="What a consumer reads" text=${call.consumer} isLaidOut />`}
    </section>`;
}

function Diagnosis({ call: { diagnosis, verdict } }) {
  if (diagnosis === undefined || verdict === 'queued') return null;
  const { causes, meaning, mend, evidence } = diagnosis;
  return html`
    <section class="diagnosis" aria-label="Diagnosis">
      <h3>Why</h3>
      <p class="meaning">${visible(meaning)}</p>
      <p><strong>What to do:</strong> ${mend}</p>
      <p class="causes">Cause: ${causes.map((cause) => html`<code>${cause}</code> `)}</p>
      <ul>${evidence.map((line) => html`<li>${line}</li>`)}</ul>
    </section>`;
}

const checkMarks = { passed: '✓', failed: '✗', 'not reached': '·' };

function Checks({ checks }) {
  return html`
    <section>
      <h3>Checks</h3>
      <ol class="checks">
        ${checks.map(
          ({ name, state, detail }) => html`
            <li class=${state.replace(' ', '-')}>
              <span aria-hidden="true">${checkMarks[state]}</span> ${name}
              <span class="state">${state === 'passed' ? '' : ` (${state})`}</span>
              ${detail && html`<div class="detail">${detail}</div>`}
            </li>`,
        )}
      </ol>
    </section>`;
}

function Difference({ difference, onOpen }) {
  if (!difference) return null;
  const { id, rows } = difference;
  return html`
    <section>
      <h3>Difference from the most similar good call, <button type="button" class="link" onClick=${() => onOpen(id)}>${id}</button></h3>
      ${rows.length === 0 ? html`<p>Only Date and signature differ.</p>` : html`<${Rows} rows=${rows} />`}
    </section>`;
}

function Rows({ rows }) {
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label="Differences"><table>
      <thead><tr><th scope="col">What</th><th scope="col">Here</th><th scope="col">There</th></tr></thead>
      <tbody>${rows.map(({ what, here, there }) => html`<tr><th scope="row">${what}</th><td>${visible(here)}</td><td>${visible(there)}</td></tr>`)}</tbody>
    </table></div>`;
}

function Signed({ parts }) {
  return html`
    <section>
      <h3>Signed bytes, as they arrived</h3>
      <p>Request line, Date and body, with nothing between them.</p>
      <pre class="signed" tabindex="0">${parts.map(({ part, text }) => html`<span class=${`part ${part.split(' ')[0].toLowerCase()}`}><span class="label">${part}</span>${visible(text)}</span>`)}</pre>
    </section>`;
}

function Block({ title, text, isLaidOut }) {
  return html`<section><h3>${title}</h3><pre tabindex="0">${visible(text, isLaidOut)}</pre></section>`;
}

function CopyCurl({ id }) {
  const [label, setLabel] = useState('Copy as curl');
  const copy = async () => {
    try {
      const { curl } = await get(`/calls/${id}/curl`);
      await navigator.clipboard.writeText(curl);
      setLabel('Copied');
    } catch (error) {
      setLabel(`Not copied: ${error.message}`);
    }
  };
  return html`<button type="button" onClick=${copy}>${label}</button>`;
}
