import { Details } from './details.js';
import { html } from './html.js';
import { CallList, Filters, matches, Pending } from './list.js';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from './modules/hooks.js';
import { render } from './modules/preact.js';
import { follow, get, post } from './server.js';
import { Toolbar } from './toolbar.js';

/** How long a call must stay selected before its details are loaded, in milliseconds, because calls may come fast. */
const settle = 120;

function App() {
  const [state, setState] = useState();
  const [calls, setCalls] = useState([]);
  const [pending, setPending] = useState({ requests: [], all: 0 });
  const [isConnected, setConnected] = useState(true);
  const [filters, setFilters] = useState({ verdict: 'all', text: '' });
  const [chosen, setChosen] = useState();
  const [isOpen, setOpen] = useState(false);
  const [details, setDetails] = useState();
  const [notice, setNotice] = useState('');
  const help = useRef();

  const shown = useMemo(() => calls.filter((call) => matches(call, filters)), [calls, filters]);
  // Until the user chooses a call, the newest is selected.
  const selected = chosen ?? shown[0]?.id;

  const tell = ({ message }) => setNotice(message);
  useEffect(() => {
    get('/state').then(setState, tell);
    const onChange = (fresh, prunedTo) => {
      setCalls((before) => [...fresh.toReversed(), ...before].filter(({ id }) => id > prunedTo));
      const newest = fresh.at(-1);
      if (newest) setNotice(`${fresh.length} new. Newest: ${newest.verdict} ${newest.reason}`.trim());
    };
    return follow(onChange, setPending, setConnected);
  }, []);

  useEffect(() => {
    if (selected === undefined) return setDetails(undefined);
    const timer = setTimeout(() => get(`/calls/${selected}`).then(setDetails, tell), settle);
    return () => clearTimeout(timer);
  }, [selected]);

  const act = (path, input) => post(path, input).then(setState, tell);
  const select = (id, open) => {
    setChosen(id);
    if (open) setOpen(true);
  };
  useKeys({
    j: () => select(neighbour(shown, selected, 1)),
    k: () => select(neighbour(shown, selected, -1)),
    Enter: () => {
      setOpen(true);
      document.querySelector('#details-title')?.focus();
    },
    r: () => selected !== undefined && act('/replay', { id: selected }),
    '?': () => help.current.showModal(),
  });
  // On a phone, list and details take turns in one long page. Elsewhere each scrolls by itself, and the page does not.
  useLayoutEffect(() => {
    if (isOpen) document.querySelector('.details')?.scrollIntoView();
    if (chosen !== undefined) document.querySelector(`#call-${chosen}`)?.scrollIntoView({ block: 'nearest' });
  }, [chosen, isOpen]);
  // The elements are those of the call before, which may have been scrolled.
  useLayoutEffect(() => {
    for (const element of document.querySelectorAll('.details, .details pre, .details .scroll')) element.scrollTop = 0;
  }, [details?.id]);

  if (state === undefined) return html`<main><p role="status">${notice || 'Loading'}</p></main>`;
  return html`
    <header>
      <h1>Webhook inspector</h1>
      <p class="callback">Callback URL <code>${state.callbackUrl}</code>${state.enabledKey && html` · key <code>${state.enabledKey.slice(0, 8)}</code>`}</p>
      <${Toolbar} state=${state} act=${act} />
    </header>
    <main class=${isOpen ? 'open' : ''}>
      <section class="list" aria-label="Calls">
        <${Filters} filters=${filters} onFilter=${setFilters} shown=${shown.length} all=${calls.length} />
        <p class="following">
          <span role="status">${isConnected ? notice : 'The sandbox does not answer. Retrying.'}</span>
          ${chosen !== undefined && html`<button type="button" class="link" onClick=${() => setChosen(undefined)}>Follow the newest</button>`}
        </p>
        <${Pending} pending=${pending} />
        <${CallList} calls=${shown} selected=${selected} onSelect=${select} />
      </section>
      <${Details} call=${details} act=${act} onBack=${() => setOpen(false)} onOpen=${(id) => select(id, true)} />
    </main>
    <footer><button type="button" class="link" onClick=${() => help.current.showModal()}>Keys: j k Enter r ?</button></footer>
    <dialog ref=${help} aria-labelledby="help-title">
      <h2 id="help-title">Keyboard</h2>
      <dl>
        <dt><kbd>j</kbd> <kbd>k</kbd></dt><dd>next older, next newer call</dd>
        <dt><kbd>Enter</kbd></dt><dd>go to its details</dd>
        <dt><kbd>r</kbd></dt><dd>replay it to this gateway</dd>
        <dt><kbd>?</kbd></dt><dd>this help</dd>
      </dl>
      <form method="dialog"><button>Close</button></form>
    </dialog>`;
}

function neighbour(calls, selected, step) {
  const at = calls.findIndex(({ id }) => id === selected);
  return calls[Math.min(calls.length - 1, Math.max(0, at + step))]?.id;
}

/** Keys of the whole page. A focused control handles its keys first. */
function useKeys(actions) {
  useEffect(() => {
    const press = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, select, dialog')) return;
      if (event.key === 'Enter' && event.target.closest('button')) return;
      const action = actions[event.key];
      if (action === undefined) return;
      event.preventDefault();
      action();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  });
}

render(html`<${App} />`, document.querySelector('#app'));
