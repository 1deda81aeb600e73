const token = document.querySelector('meta[name=inspector-token]').content;

/** @throws {Error} with the server's message */
export async function get(path) {
  return read(await fetch(path));
}

/** @throws {Error} with the server's message */
export async function post(path, input) {
  const headers = { 'content-type': 'application/json', 'x-inspector-token': token };
  return read(await fetch(path, { method: 'POST', headers, body: JSON.stringify(input) }));
}

async function read(response) {
  const body = await response.json();
  if (response.ok) return body;
  throw new Error(body.error);
}

/** How long calls are collected before the page is updated, in milliseconds. */
const batch = 100;

/**
 * Follows the calls.
 *
 * @param onChange gets new calls, the oldest first, and the id up to which calls were dropped
 * @param onPending gets the requests without answer: the oldest ones, and how many there are
 * @returns a function that stops following
 */
export function follow(onChange, onPending, onConnected) {
  const source = new EventSource('/events');
  let calls = [];
  let prunedTo = 0;
  let timer;
  const flush = () => {
    onChange(calls, prunedTo);
    calls = [];
    timer = undefined;
  };
  const on = (name, take) =>
    source.addEventListener(name, ({ data }) => {
      take(data);
      timer ??= setTimeout(flush, batch);
    });
  let started;
  source.addEventListener('start', ({ data }) => {
    // The sandbox was restarted, but this page has the token and the calls of the previous start.
    if (started !== undefined && started !== data) location.reload();
    started = data;
    onConnected(true);
  });
  source.addEventListener('pending', ({ data }) => onPending(JSON.parse(data)));
  source.addEventListener('error', () => {
    onConnected(false);
    onPending({ requests: [], all: 0 });
  });
  on('call', (data) => calls.push(JSON.parse(data)));
  on('prune', (data) => {
    prunedTo = Number(data);
  });
  return () => {
    clearTimeout(timer);
    source.close();
  };
}
