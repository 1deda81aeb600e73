import { type LocalServer, listen, readBody } from '../sandbox/http.ts';

/** What a stream answers with in an outage. */
export type FirehoseOutage = 'refuses' | 'throttles' | 'hangs' | 'is not there' | 'answers without a word';

/**
 * A stand-in for Firehose that knows `PutRecord`, in the service's own protocol: no emulator in npm speaks it. Requests
 * and answers are those of the real client, which makes its errors of them.
 */
export interface LocalFirehose extends LocalServer {
  /** What streams took, by name, in order. */
  records: Map<string, Buffer[]>;
  /** How often it was called. */
  calls: () => number;
  /** Begins an outage, or ends it. */
  setOutage: (outage?: FirehoseOutage) => void;
}

/** Most bytes of a record, see `PutRecord` in Firehose's API reference. */
const maxRecordBytes = 1_024_000;

const errors: Partial<Record<FirehoseOutage, [status: number, type: string]>> = {
  refuses: [500, 'InternalFailure'],
  throttles: [400, 'ServiceUnavailableException'],
  'is not there': [400, 'ResourceNotFoundException'],
};

export async function startFirehose(): Promise<LocalFirehose> {
  const records = new Map<string, Buffer[]>();
  let outage: FirehoseOutage | undefined;
  let calls = 0;
  const server = await listen(0, async (request, response) => {
    const input = JSON.parse(String(await readBody(request)));
    const reply = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
    const refuse = (status: number, type: string) => reply(status, { __type: type, message: 'as the test wants it' });
    // A port that was just freed may still be called by the test that had it.
    if (request.headers['x-amz-target'] !== 'Firehose_20150804.PutRecord') return void refuse(400, 'UnknownOperation');
    calls++;
    const error = outage && errors[outage];
    const data = Buffer.from(input.Record.Data, 'base64');
    if (outage === 'hangs') return;
    if (outage === 'answers without a word') return void reply(200, {});
    if (error) return void refuse(...error);
    if (data.length > maxRecordBytes) return void refuse(400, 'InvalidArgumentException');
    records.set(input.DeliveryStreamName, [...(records.get(input.DeliveryStreamName) ?? []), data]);
    reply(200, { RecordId: String(calls), Encrypted: true });
  });
  return {
    ...server,
    records,
    calls: () => calls,
    setOutage: (next) => {
      outage = next;
    },
  };
}

/** Streams of every type, as the environment names them. */
export const streamNames = ['delivery_report', 'reply', 'opt_out', 'webhook']
  .map((type) => `${type}=stream-of-${type}`)
  .join(',');
