import { html } from './html.js';
import { useState } from './modules/hooks.js';

const asItIs = 'as MessageMedia does';

/** Controls that send webhooks, rotate the key, and start outages. */
export function Toolbar({ state, act }) {
  const [kind, setKind] = useState('smsReply');
  const [broken, setBroken] = useState(asItIs);
  const send = (event) => {
    event.preventDefault();
    act('/send', { kind, ...(broken !== asItIs && { broken }) });
  };
  return html`
    <div class="toolbar">
      <form onSubmit=${send}>
        <label>Send <select id="kind" value=${kind} onChange=${({ target }) => setKind(target.value)}>
          ${state.kinds.map((each) => html`<option value=${each}>${spell(each)}</option>`)}
        </select></label>
        <label>signed <select id="broken" value=${broken} onChange=${({ target }) => setBroken(target.value)}>
          <option value=${asItIs}>${asItIs}</option>
          <optgroup label="broken, for the doctor to explain">
            ${state.breakages.map(({ name }) => html`<option value=${name}>${name}</option>`)}
          </optgroup>
        </select></label>
        <button type="submit">Send</button>
      </form>
      <div class="buttons">
        <button type="button" onClick=${() => act('/rotate', {})}>Rotate the key now</button>
        <${Outage} name="queue" label="Queue down" state=${state} act=${act} />
        <${Outage} name="secrets" label="Secrets Manager down" state=${state} act=${act} />
      </div>
    </div>`;
}

function Outage({ name, label, state, act }) {
  const fails = state.outages[name];
  return html`<button type="button" class="outage" aria-pressed=${String(fails)}
    onClick=${() => act('/outage', { dependency: name, fails: !fails })}>${fails ? `${label}: end it` : label}</button>`;
}

function spell(kind) {
  return kind
    .replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .replace(/^(sms|mms|xml)/, (word) => word.toUpperCase());
}
