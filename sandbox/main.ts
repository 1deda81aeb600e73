import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs, styleText } from 'node:util';
import { diagnose } from '../diagnosis/diagnose.ts';
import { parseRequest } from '../lambda/receiver/request.ts';
import { fold, formatItems, widthOf } from '../terminal/fold.ts';
import { ignoreClosedPipes } from '../terminal/output.ts';
import { visible } from '../terminal/text.ts';
import type { LocalServer } from './http.ts';
import { diagnoseGateway } from './inspector/gateway-diagnosis.ts';
import { type Call, createHistory } from './inspector/history.ts';
import { startInspector } from './inspector/inspector.ts';
import { keepCalls, startWatchedSandbox, type WatchedSandboxOptions } from './inspector/watched-sandbox.ts';
import { callbackPath, type Sandbox, type SandboxOptions } from './sandbox.ts';
import { environmentPath } from './shell-environment.ts';
import { tour, type Visit } from './tour.ts';

ignoreClosedPipes();
process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const options = readOptions(args);
  if (typeof options === 'string') return fail(options);
  const { once: isOnce, data, help } = options;
  if (help) return printHelp();
  if (data !== undefined) mkdirSync(data, { recursive: true });
  const file = data && join(data, 'keyring.json');
  const port = Number(process.env.PORT || 3000);
  if (!Number.isInteger(port) || port < 0 || port > 65_534)
    return fail(`PORT is "${process.env.PORT}": give 0 to 65534.`);

  let touring = !(file && existsSync(file));
  const history = createHistory({ calls: 1_000, bytes: 64 * 1024 * 1024 });
  const keep = data && keepCalls(join(data, 'calls.jsonl'), history);
  const onCall: WatchedSandboxOptions['onCall'] = (call, sandbox) => {
    if (keep) keep(call);
    if (!touring) printOwn(call, sandbox);
  };
  const sandbox = await orPortInUse(port, startWatchedSandbox({ port, history, onCall, ...(file && keptIn(file)) }));
  if (sandbox === undefined) return 1;
  let inspector: LocalServer | undefined;
  try {
    if (!isOnce) {
      const inspectorPort = port === 0 ? 0 : port + 1;
      inspector = await orPortInUse(inspectorPort, startInspector(inspectorPort, sandbox, history));
      if (inspector === undefined) return 1;
    }
    const visits: Visit[] = [];
    if (touring) {
      console.log(
        fold(`MessageMedia sends signed webhooks to ${sandbox.url}${callbackPath}. These are the results:\n`),
      );
      visits.push(...(await tour(sandbox)));
      printTour(visits);
    }
    if (!isOnce) {
      touring = false;
      printInvitation(sandbox, inspector?.url);
      await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
    }
    return visits.every(({ asExpected }) => asExpected) ? 0 : 1;
  } finally {
    await inspector?.close();
    await sandbox.close();
  }
}

/** @returns `undefined` if the port is in use, after a message about it */
async function orPortInUse<T>(port: number, starting: Promise<T>): Promise<T | undefined> {
  try {
    return await starting;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    fail(`Port ${port} is in use: stop the program that uses it, or choose other ports with PORT=4000 npm start.`);
    return undefined;
  }
}

function printHelp(): number {
  const usage: [string, string][] = [
    ['--once', 'end after the tour'],
    ['--data DIR', 'keep keyring and calls in a folder for the next start'],
  ];
  console.log(`npm start -- [arguments]\n\n${formatItems(usage)}\n`);
  console.log(fold('PORT=4000 npm start uses port 4000, and 4001 for the inspector, instead of 3000 and 3001.'));
  return 0;
}

function readOptions(args: string[]) {
  try {
    const [text, flag] = [{ type: 'string' }, { type: 'boolean', default: false }] as const;
    return parseArgs({ args, options: { once: flag, help: flag, data: text } }).values;
  } catch {
    return `Unknown argument in "${args.join(' ')}": npm start -- --help lists them.`;
  }
}

/** Reads the keyring from a file and writes changes back to it, so that the next start has them. */
function keptIn(file: string): Pick<SandboxOptions, 'keyring' | 'onKeyring'> {
  let written = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  return {
    ...(written !== undefined && { keyring: written }),
    onKeyring: (value) => {
      if (value === written) return;
      written = value;
      writeFileSync(file, value);
    },
  };
}

function fail(message: string): number {
  console.error(fold(message, widthOf(process.stderr)));
  return 1;
}

function printTour(visits: Visit[]): void {
  const isNarrow = widthOf(process.stdout) < 80;
  for (const visit of visits) {
    const mark = visit.asExpected ? styleText('green', '✓') : styleText('red', '✗');
    const answer = `${visit.status} ${paint(visit.verdict)}`;
    const room = ' '.repeat(Math.max(0, 'queued already'.length - visit.verdict.length));
    const outcome = visit.reason || `${visit.id.slice(0, 8)} ${visit.consumer}`;
    const result = `${answer}${room}  ${outcome}`;
    console.log(isNarrow ? `${mark} ${visit.name}\n    ${result}` : `${mark} ${visit.name.padEnd(30)} ${result}`);
  }
  console.log();
  const wrong = visits.filter(({ asExpected }) => !asExpected).length;
  const count = (verdict: Visit['verdict']) => visits.filter((visit) => visit.verdict === verdict).length;
  const good = `${count('queued')} webhooks queued and verified again by the consumer, ${count('refused')} bad calls refused, 1 replay queued once.`;
  const bad = `${wrong} of ${visits.length} calls had a wrong result.`;
  console.log(wrong === 0 ? fold(good) : styleText('red', bad));
}

function printInvitation({ url }: Sandbox, inspector = ''): void {
  console.log(`
Running until Ctrl-C. Send your own requests to:
  webhooks   ${url}${callbackPath}
  inspector  ${inspector}

In another terminal, for the mmw command:
  eval "$(curl -fsS ${inspector}${environmentPath})"

  npx mmw send 'Hello!' --to +61491570157 --callback-url ${url}${callbackPath}
  npx mmw queue peek --yes
`);
}

function printOwn(call: Call, sandbox: Sandbox): void {
  const { method, status, verdict, reason, type, detail, answer, request } = call;
  const why = detail && `: ${detail.replace(/^ReceiverError: /, '')}`;
  const about = status === 202 ? `${type}  ${JSON.parse(answer.body).id}` : `${reason}${why}`;
  const time = new Date().toTimeString().slice(0, 8);
  console.log(`${time}  ${method} ${visible(request.path)}  ${status} ${paint(verdict)}  ${about}`);
  if (verdict === 'refused') console.log(explain(call, sandbox));
}

function explain(call: Call, { keys, url }: Sandbox): string {
  const { event } = call.request;
  const { meaning, mend } =
    event === undefined
      ? diagnoseGateway(call, url)
      : diagnose(parseRequest(JSON.parse(event)), keys(), { receivedAt: Date.now() });
  return styleText('dim', fold(`          ${visible(meaning)}\n          ${mend}`));
}

function paint(verdict: Visit['verdict']): string {
  return styleText(verdict === 'refused' ? 'yellow' : verdict === 'failed' ? 'red' : 'green', verdict);
}
