// Archives a day of events and verifies all of them: npm run archive [-- --count 1000000]
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { readArchivedKeys } from '../cli/archive/archived-keys.ts';
import { type BadLine, verifyArchive } from '../cli/archive/verify.ts';
import { localCredentials } from '../sandbox/aws/credentials.ts';
import { formatTable } from '../terminal/output.ts';
import { makeKey } from '../test/support.ts';
import { writeDay } from './archived-events.ts';

const { values } = parseArgs({ options: { count: { type: 'string', default: '100000' } } });
const count = Number(values.count);
const now = Date.parse('2026-11-25T00:00:00Z');
/** How much more memory may be in use at the end than after a tenth. If events piled up, it would be far more. */
const mostGrowth = 1.5;

const server = fork(new URL('./s3.ts', import.meta.url), { execArgv: [] });
const [endpoint] = (await once(server, 'message')) as [string];
const client = new S3Client({ endpoint, region: 'us-east-1', credentials: localCredentials, forcePathStyle: true });
const archive = { client, bucket: 'archive' };
await client.send(new CreateBucketCommand({ Bucket: archive.bucket }));

const keys = { old: makeKey('SHA224', 1024), new: makeKey('SHA256', 2048) };
const writing = performance.now();
const written = await writeDay(archive, count, keys);
const writeSeconds = (performance.now() - writing) / 1000;

/** Megabytes in use, with buffers. */
const held = () => {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1e6;
};

const archivedKeys = await readArchivedKeys(archive, {}, now, console.error);
const bad: BadLine[] = [];
let early: number | undefined;
const verifying = performance.now();
const report = await verifyArchive(
  archive,
  {},
  {
    keys: archivedKeys,
    now,
    onBad: (line) => bad.push(line),
    onRead: (_object, events) => {
      if (events >= count / 10) early ??= held();
    },
  },
);
const verifySeconds = (performance.now() - verifying) / 1000;
const late = held();
client.destroy();
server.disconnect();

const goodWith = (id: string) => report.good.find(({ keyId }) => keyId === id)?.events ?? 0;
const perEvent = (bytes: number) => (bytes / written.events).toFixed(0);
const rows = [
  ['events archived', String(written.events)],
  ['objects', String(written.objects)],
  ['bytes an event, and in S3', `${perEvent(written.lineBytes)}, ${perEvent(written.bytes)}`],
  ['written a second', (written.events / writeSeconds).toFixed(0)],
  ['good with the key of 1024 bits, and of 2048', `${goodWith(keys.old.id)}, ${goodWith(keys.new.id)}`],
  ['bad', String(report.bad)],
  ['verified a second', (report.events / verifySeconds).toFixed(0)],
  ['memory after a tenth, and at the end, MB', `${(early ?? 0).toFixed(0)}, ${late.toFixed(0)}`],
];
console.log(formatTable(['what', 'how many'], rows));

const half = Math.floor(count / 2);
const problems = [
  report.bad > 0 && `bad: ${JSON.stringify(bad[0])}`,
  report.events !== count && `${report.events} of ${count} events were read`,
  goodWith(keys.old.id) !== half && 'the first half is not all good with the first key',
  goodWith(keys.new.id) !== count - half && 'the second half is not all good with the second key',
  late > (early ?? 0) * mostGrowth && 'memory grows with the number of events',
].filter(Boolean);
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
