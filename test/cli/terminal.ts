import { type ChildProcess, fork, spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { localCredentials } from '../../sandbox/aws/credentials.ts';
import { type LocalServer, listen, readBody } from '../../sandbox/http.ts';
import type { Call } from './host.ts';

/** The file that `npx mmw` runs. */
export const entry = fileURLToPath(new URL('../../cli/mmw.js', import.meta.url));

/** Result of a command. */
export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A running `mmw`, as a person starts it, but without a terminal for questions. */
export interface Running {
  process: ChildProcess;
  done: Promise<Outcome>;
  /** Resolves when the command has written this text. */
  said: (text: string) => Promise<void>;
}

/** Environment of every command: credentials for the local stand-ins, and nothing from this machine. */
export function localEnvironment(more: Record<string, string>): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    // Starting a command takes most of its time to compile the SDK.
    NODE_COMPILE_CACHE: join(tmpdir(), 'mmw-compile-cache'),
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
    ...more,
  };
}

/** What a command says of calls that take two seconds, as they do on a busy machine. `waiting.test.ts` has it. */
const slowness = /^.*: waiting until [\d:]{8} at the latest\. Ctrl-C stops\.\n/gm;

let host: ChildProcess | undefined;
const pending = new Map<number, PromiseWithResolvers<Outcome>>();

/**
 * Runs a command to its end, after those that were called before. It shares a process with them: see `host.ts`.
 *
 * @param more input for its standard input, and the width of its terminal, if it has one
 */
export function run(
  args: string[],
  env: Record<string, string>,
  more: { input?: string | undefined; columns?: number } = {},
): Promise<Outcome> {
  host ??= startHost();
  const result = Promise.withResolvers<Outcome>();
  const id = calls++;
  pending.set(id, result);
  host.send({ id, args, env, cwd: process.cwd(), ...more } satisfies Call);
  return result.promise;
}
let calls = 0;

function startHost(): ChildProcess {
  const child = fork(new URL('./host.ts', import.meta.url), { env: localEnvironment({}), execArgv: [] });
  child.on('message', ({ id, outcome, error }: { id: number; outcome?: Outcome; error?: string }) => {
    if (outcome) pending.get(id)?.resolve({ ...outcome, stderr: outcome.stderr.replaceAll(slowness, '') });
    else pending.get(id)?.reject(new Error(error));
    pending.delete(id);
  });
  child.on('exit', (code) => {
    for (const { reject } of pending.values()) reject(new Error(`The process of the commands ended with ${code}`));
    host = undefined;
  });
  // It must not keep the tests alive, and ends with them.
  child.channel?.unref();
  child.unref();
  return child;
}

/** Starts a command in a process of its own. @param input for its standard input */
export function start(args: string[], env: Record<string, string>, input?: string): Running {
  // A worker of Jest has a folder of its own only for itself.
  const child = spawn(process.execPath, [entry, ...args], { env, cwd: process.cwd() });
  // A command that reads nothing may have ended already.
  child.stdin.on('error', () => {}).end(input);
  const output = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk) => {
      output[name] += chunk;
      for (const listener of listeners) listener();
    });
  }
  return {
    process: child,
    done: new Promise((resolve) => child.on('close', (code) => resolve({ code, ...output }))),
    said: (text) =>
      new Promise((resolve) => {
        const listener = () => {
          if (`${output.stdout}${output.stderr}`.includes(text)) resolve();
        };
        listeners.add(listener);
        listener();
      }),
  };
}

/** Called before and after a call is carried out, which waits for it. If it returns `drop` before, the call is not carried out. */
export type Hook = (call: string, when: 'before' | 'after') => 'drop' | undefined | Promise<'drop' | undefined>;

/** Records every call on its way to a server, and can do something before or after one. */
export interface Recorder extends LocalServer {
  intercept: (hook: Hook | undefined) => void;
}

/** @param calls gets `METHOD /path`, or the action for an AWS service */
export async function record(target: string, calls: string[]): Promise<Recorder> {
  let hook: Hook | undefined;
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers;
    const action = String(headers['x-amz-target'] ?? '').replace(/^.*\./, '');
    const call = action || `${request.method} ${request.url?.split('?')[0]}`;
    const body = await readBody(request);
    calls.push(call);
    if ((await hook?.(call, 'before')) === 'drop') {
      response.destroy();
      return;
    }
    const answer = await fetch(`${target}${request.url}`, {
      method: request.method ?? 'GET',
      headers: headers as Record<string, string>,
      ...(body && body.length > 0 && { body }),
    });
    await hook?.(call, 'after');
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/plain' });
    response.end(Buffer.from(await answer.arrayBuffer()));
  };
  // Without an answer the caller would wait.
  const server = await listen(0, (request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  return {
    ...server,
    intercept: (next) => {
      hook = next;
    },
  };
}
