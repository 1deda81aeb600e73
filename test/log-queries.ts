import { type LocalServer, listen, readBody } from '../sandbox/http.ts';

/** A stand-in for CloudWatch Logs Insights that supports only the form of query used here. */
export interface LocalLogs extends LocalServer {
  /** The lines of the log. */
  lines: string[];
  /** The queries. */
  queries: { logGroupNames: string[]; startTime: number; endTime: number; queryString: string }[];
  /** How long the log groups are kept; `undefined` for ever. */
  retentionInDays: number | undefined;
  /** Statuses of a query before it is complete, used one by one. The last may be one that never completes. */
  statuses: string[];
}

const form = /^fields @message \| filter @message like \/\(\?i\)(.+)\/ \| limit 10000$/;

export async function startLogs(): Promise<LocalLogs> {
  const state: Omit<LocalLogs, keyof LocalServer> = { lines: [], queries: [], statuses: [], retentionInDays: 30 };
  const server = await listen(0, async (request, response) => {
    const { retentionInDays } = logs;
    const input = JSON.parse(String(await readBody(request)));
    const reply = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
    const refuse = (type: string, message: string) => reply(400, { __type: type, message });
    const call = String(request.headers['x-amz-target']);
    if (call.endsWith('.DescribeLogGroups')) {
      const { logGroupNamePrefix: logGroupName } = input;
      const others = { logGroupName: `${logGroupName}-other`, retentionInDays: 1 };
      return reply(200, { logGroups: [others, { logGroupName, retentionInDays }] });
    }
    if (call.endsWith('.StartQuery')) {
      if (input.logGroupNames.includes('missing')) {
        return refuse('ResourceNotFoundException', 'Log group missing does not exist');
      }
      if (!form.test(input.queryString)) return refuse('MalformedQueryException', 'The sandbox cannot run it');
      state.queries.push(input);
      return reply(200, { queryId: String(state.queries.length - 1) });
    }
    const status = state.statuses.shift() ?? 'Complete';
    const query = state.queries[Number(input.queryId)];
    if (query === undefined) return refuse('ResourceNotFoundException', 'There is no such query');
    const [, ids = ''] = form.exec(query.queryString) ?? [];
    const found = state.lines.filter((line) => new RegExp(ids, 'i').test(line));
    const results = found.map((value) => [
      { field: '@message', value },
      { field: '@ptr', value: 'pointer' },
    ]);
    return reply(200, { status, results: status === 'Complete' ? results : [] });
  });
  const logs = Object.assign(server, state);
  return logs;
}
