import { type LocalServer, listen, readBody } from '../sandbox/http.ts';

/** A stand-in for CloudWatch Logs Insights that supports only the form of query used here. */
export interface LocalLogs extends LocalServer {
  /** The lines of the log. */
  lines: string[];
  /** The queries. */
  queries: { logGroupNames: string[]; startTime: number; endTime: number; queryString: string }[];
  /** Statuses of a query before it is complete, used one by one. The last may be one that never completes. */
  statuses: string[];
}

export async function startLogs(): Promise<LocalLogs> {
  const state: Pick<LocalLogs, 'lines' | 'queries' | 'statuses'> = { lines: [], queries: [], statuses: [] };
  const server = await listen(0, async (request, response) => {
    const input = JSON.parse(String(await readBody(request)));
    const reply = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
    if (String(request.headers['x-amz-target']).endsWith('.StartQuery')) {
      if (input.logGroupNames.includes('missing')) {
        return reply(400, { __type: 'ResourceNotFoundException', message: 'Log group missing does not exist' });
      }
      state.queries.push(input);
      return reply(200, { queryId: String(state.queries.length - 1) });
    }
    const status = state.statuses.shift() ?? 'Complete';
    const { queryString = '' } = state.queries[Number(input.queryId)] ?? {};
    const [, ids = ''] =
      /^fields @message \| filter @message like \/\(\?i\)(.+)\/ \| limit 10000$/.exec(queryString) ?? [];
    const found = state.lines.filter((line) => new RegExp(ids, 'i').test(line));
    const results = found.map((value) => [
      { field: '@message', value },
      { field: '@ptr', value: 'pointer' },
    ]);
    return reply(200, { status, results: status === 'Complete' ? results : [] });
  });
  return Object.assign(server, state);
}
