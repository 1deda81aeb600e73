import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Fault, FaultProxy } from './fault-proxy.ts';
import type { startFullPort } from './full-port.ts';
import type { startProcess } from './function-process.ts';
import type { TlsStandIn } from './tls-stand-in.ts';

/** The services of one function, each behind its faults. */
export interface World {
  secrets: FaultProxy;
  sqs: TlsStandIn;
  firehose: TlsStandIn;
  fullPort: Awaited<ReturnType<typeof startFullPort>> | undefined;
  /** A folder of its own. */
  folder: string;
}

interface FaultAtStart {
  name: string;
  /** The answer to the first webhook while the fault lasts. */
  lasting: 202 | 503;
  /** How late Secrets Manager answers, in milliseconds. */
  late?: number;
  isArchiving?: boolean;
  isPortFull?: boolean;
  env?: (world: World) => Record<string, string>;
  begin?: (world: World) => unknown;
  end: (world: World) => unknown;
}

export interface Case extends FaultAtStart {
  /** The answer to the first webhook. After a 503 the fault ends, and the webhook comes again. */
  status: 202 | 503;
  /** What happens between initialisation and the first webhook. */
  meanwhile?: (world: World, lambda: ReturnType<typeof startProcess>) => unknown;
  /** What happens when the webhook has come, before a frozen function can see it. */
  asItComes?: (world: World) => unknown;
  /** Connections that SQS gets, where that is certain. The first try must then be the one that it takes. */
  connections?: number;
}

const keyring = (name: string, lasting: 202 | 503, fault: Fault, late = 0): FaultAtStart => ({
  ...{ name: `Secrets Manager ${name}`, lasting, late },
  begin: ({ secrets }) => secrets.begin(fault),
  end: ({ secrets }) => secrets.end(),
});

const dnsFile = ({ folder }: World) => join(folder, 'dns-fails');
const preload = fileURLToPath(new URL('./failing-dns.js', import.meta.url));

const faults: FaultAtStart[] = [
  keyring('hangs', 503, 'hangs'),
  keyring('refuses connections', 503, 'connection refused'),
  keyring('denies access', 503, '4xx'),
  keyring('answers after 1 s', 202, 'slow', 1_000),
  // A try ends after 2 s.
  keyring('answers after 3 s', 503, 'slow', 3_000),
  {
    ...{ name: 'SQS accepts connections and then says nothing', lasting: 503 },
    begin: ({ sqs }) => sqs.swallow(),
    end: ({ sqs }) => sqs.recover(),
  },
  {
    ...{ name: 'SQS never accepts a connection', lasting: 503, isPortFull: true },
    end: ({ fullPort }) => fullPort?.recover(),
  },
  {
    ...{ name: 'SQS refuses connections', lasting: 503 },
    begin: ({ sqs }) => sqs.refuse(),
    end: ({ sqs }) => sqs.recover(),
  },
  {
    ...{ name: 'DNS fails', lasting: 503 },
    env: (world) => ({ NODE_OPTIONS: `--import=${preload}`, DNS_FAILS_WHILE: dnsFile(world) }),
    begin: (world) => writeFileSync(dnsFile(world), ''),
    end: (world) => rmSync(dnsFile(world)),
  },
  {
    ...{ name: 'Firehose accepts connections and then says nothing', lasting: 202, isArchiving: true },
    begin: ({ firehose }) => firehose.swallow(),
    end: ({ firehose }) => firehose.recover(),
  },
];

/** What becomes of the prepared connection to SQS before the first webhook. */
const closings: [when: string, meanwhile: NonNullable<Case['meanwhile']>][] = (['ended', 'reset'] as const).flatMap(
  (how) => [
    [`${how} at once`, ({ sqs }) => sqs.closeConnections(how)],
    [`${how} after five seconds`, ({ sqs }) => sleep(5_000).then(() => sqs.closeConnections(how))],
    [
      `${how} while the function is frozen`,
      ({ sqs }, lambda) => {
        lambda.freeze();
        return sqs.closeConnections(how);
      },
    ],
  ],
);

const healthy = { lasting: 202, status: 202, end: () => {} } as const;

export const undisturbed: Case = { ...healthy, name: 'nothing fails', connections: 1 };

export const cases: Case[] = [
  undisturbed,
  { ...healthy, name: 'nothing fails, with an archive', connections: 1, isArchiving: true },
  ...faults.flatMap((fault): Case[] => [
    { ...fault, name: `${fault.name}, also when the webhook comes`, status: fault.lasting },
    { ...fault, name: `${fault.name}, until the function is initialised`, status: 202, meanwhile: fault.end },
  ]),
  ...closings.map(([when, meanwhile]) => ({
    ...{ ...healthy, name: `the connection to SQS is ${when}`, meanwhile, connections: 2 },
  })),
  {
    // The function sees the webhook first, and sends before it can know that the connection is closed.
    ...{ ...healthy, name: 'the connection to SQS is ended just after the webhook came', connections: 2 },
    meanwhile: (_world, lambda) => lambda.freeze(),
    asItComes: ({ sqs }) => sqs.closeConnections('ended'),
  },
];
