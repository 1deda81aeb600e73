import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parseKeyring, type VerificationKey } from '../../lambda/keys/keyring.ts';
import { keyringOf, makeKey, type TestKey } from '../support.ts';
import { type Cdk, type Settings, stackName } from './cdk.ts';
import { type Ministack, toolEnvironment } from './ministack.ts';
import { type Clients, type DeployedStack, openStack } from './stack.ts';

const mmw = fileURLToPath(new URL('../../cli/mmw.js', import.meta.url));

/** One line of the list. */
export interface Proof {
  /** What is proven: the beginning of the line. */
  claim: string;
  /** @returns what was seen: the end of the line @throws {Error} when the claim does not hold */
  prove(run: Run): Promise<string>;
}

/** State that all proofs of one run share. */
export class Run {
  readonly cdk: Cdk;
  readonly clients: Clients;
  readonly firstKey: TestKey = makeKey('SHA256', 2048);
  readonly secondKey: TestKey = makeKey('SHA512', 3072);
  /** Both keys, in the form of a consumer. */
  readonly keys: readonly VerificationKey[] = parseKeyring(keyringOf(this.firstKey, this.secondKey)).keys;
  readonly #ministack: Ministack;
  readonly #compiled: string;
  #stack: DeployedStack | undefined;
  #deploymentStarted: number | undefined;
  #firstVerified: number | undefined;

  /** @param compiled folder for compiled code of `mmw`, which is started often */
  constructor(ministack: Ministack, cdk: Cdk, clients: Clients, compiled: string) {
    this.#ministack = ministack;
    this.#compiled = compiled;
    this.cdk = cdk;
    this.clients = clients;
  }

  /** @throws {Error} before it is deployed */
  get stack(): DeployedStack {
    if (this.#stack === undefined) throw new Error('Nothing is deployed yet');
    return this.#stack;
  }

  /** @param settings of a further deployment; the first one has none */
  async deploy(settings?: Settings): Promise<DeployedStack> {
    this.#deploymentStarted ??= Date.now();
    const outputs = await (settings ? this.cdk.update(settings) : this.cdk.deploy());
    this.#stack = openStack(this.clients, this.#ministack, outputs);
    return this.#stack;
  }

  /** In place of a stack that was deleted. */
  async deployWithoutCdk(): Promise<void> {
    this.#stack = openStack(this.clients, this.#ministack, await this.cdk.deployWithoutCdk());
  }

  /** Runs a command of `mmw` on the stack. @returns what it printed @throws {Error} when it fails */
  async mmw(...args: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(process.execPath, [mmw, ...args, '--stack', stackName], {
      env: this.#environment,
    });
    return stdout;
  }

  /**
   * Runs a command of a page as a shell does, but without `npx`, which may ask a registry.
   *
   * @param command that begins with `npx mmw` @param more environment variables
   * @returns what it printed @throws {Error} when it fails
   */
  async shell(command: string, more: Record<string, string>): Promise<string> {
    const script = command.replace(/^npx mmw /, '"$0" "$1" ');
    const { stdout } = await promisify(execFile)('sh', ['-c', script, process.execPath, mmw], {
      env: { ...this.#environment, ...more },
    });
    return stdout;
  }

  get #environment(): NodeJS.ProcessEnv {
    return { PATH: process.env.PATH, NODE_COMPILE_CACHE: this.#compiled, ...toolEnvironment(this.#ministack) };
  }

  /** Every line that the stack logged, as far as it can be read. */
  async readLog(): Promise<string[]> {
    return (await this.#stack?.log().catch(() => [])) ?? [];
  }

  /** Call this for every event from the queue that was verified. */
  noteVerified(): void {
    this.#firstVerified ??= Date.now();
  }

  /** Milliseconds from the start of the first deployment to the first verified event, if there was one. */
  get timeToFirstEvent(): number | undefined {
    if (this.#deploymentStarted === undefined || this.#firstVerified === undefined) return undefined;
    return this.#firstVerified - this.#deploymentStarted;
  }
}
