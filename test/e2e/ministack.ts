import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { listen } from '../../sandbox/http.ts';
import { deliver } from '../../signing/sender.ts';
import type { Program, Programs } from './programs.ts';
import { SelfExplanatoryError } from './self-explanatory.ts';

const starter = fileURLToPath(new URL('./start_ministack.py', import.meta.url));

/** Resource types that MiniStack does not know, and that no proof needs. They are deployed as placeholders. */
export const placeholders = ['AWS::Logs::QueryDefinition', 'AWS::SecretsManager::ResourcePolicy'];

/** Root credentials of the emulated account, and its region. */
export const account = {
  id: '000000000000',
  region: 'us-east-1',
  credentials: { accessKeyId: 'e2e', secretAccessKey: 'e2e' },
};

/** An emulated AWS account, reachable only from this machine. */
export interface Ministack {
  /** Endpoint of every service. */
  url: string;
  /** PEM file with the certificate of the endpoint. */
  certificate: string;
  version: string;
  program: Program;
}

/** Environment variables with which AWS tools reach the account. */
export function toolEnvironment({ url, certificate }: Ministack): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: url,
    AWS_REGION: account.region,
    AWS_ACCESS_KEY_ID: account.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: account.credentials.secretAccessKey,
    NODE_EXTRA_CA_CERTS: certificate,
  };
}

/** Options of the emulator. */
export interface MinistackOptions {
  programs: Programs;
  /** Interpreter that has MiniStack. */
  python: string;
  /** Folder for everything it writes, outside any folder with packages for Node. */
  folder: string;
  /** Where functions find `node`. */
  path: string;
  log: string;
}

/** Starts MiniStack on a free port, and makes this process trust its certificate. */
export async function startMinistack({ programs, python, folder, path, log }: MinistackOptions): Promise<Ministack> {
  const [port, { certificate, key }] = await Promise.all([freePort(), createCertificate(folder)]);
  const tls = ['--certfile', certificate, '--keyfile', key];
  // Longer than any pause of the run. Otherwise a client could meet a connection that was just closed, and fail.
  const server = ['--workers', '0', '--bind', `127.0.0.1:${port}`, '--keep-alive', '300', ...tls];
  const program = programs.start({
    file: python,
    args: [starter, placeholders.join(','), 'ministack.app:app', ...server],
    env: environment(port, folder, path, certificate, key),
    cwd: folder,
    log,
  });
  setDefaultCACertificates([...getCACertificates('default'), await readFile(certificate, 'utf8')]);
  const url = `https://127.0.0.1:${port}`;
  const version = await Promise.race([firstAnswer(url), failure(program)]);
  return { url, certificate, version, program };
}

function environment(port: number, folder: string, path: string, certificate: string, key: string): NodeJS.ProcessEnv {
  return {
    PATH: path,
    HOME: folder,
    TMPDIR: folder,
    STATE_DIR: join(folder, 'state'),
    S3_DATA_DIR: join(folder, 's3'),
    GATEWAY_PORT: String(port),
    MINISTACK_REGION: account.region,
    AWS_ACCESS_KEY_ID: account.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: account.credentials.secretAccessKey,
    // IAM and resource policies are in force. The queue's own policy then requires TLS.
    AUTH: 'true',
    USE_SSL: '1',
    MINISTACK_SSL_CERT: certificate,
    MINISTACK_SSL_KEY: key,
    LAMBDA_EXECUTOR: 'local',
    CLOUDTRAIL_RECORDING: '1',
  };
}

/** @returns never, but rejects when the emulator ends */
export async function failure(program: Program): Promise<never> {
  throw new Error(`MiniStack ended by itself (${await program.ended})`);
}

/** @returns the version of the emulator, once it answers */
async function firstAnswer(url: string): Promise<string> {
  const request = { method: 'GET', target: '/_ministack/health', headers: {}, body: Buffer.alloc(0) };
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await sleep(100)) {
    const answer = await deliver(url, request).catch(() => undefined);
    if (answer?.status === 200) return JSON.parse(answer.body).version;
  }
  throw new Error('MiniStack does not answer after 30 s');
}

async function freePort(): Promise<number> {
  const server = await listen(0, () => {});
  await server.close();
  return Number(new URL(server.url).port);
}

/** A certificate for the endpoint and for every HTTP API behind it. */
async function createCertificate(folder: string): Promise<{ certificate: string; key: string }> {
  const certificate = join(folder, 'certificate.pem');
  const key = join(folder, 'key.pem');
  const names = 'subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:*.execute-api.localhost';
  const files = ['-out', certificate, '-keyout', key];
  const options = ['-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=MiniStack', '-addext', names];
  await promisify(execFile)('openssl', ['req', '-x509', ...options, ...files]).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT') throw cause;
    throw new SelfExplanatoryError('The end-to-end run needs the command openssl, to make a certificate with.', {
      cause,
    });
  });
  return { certificate, key };
}
