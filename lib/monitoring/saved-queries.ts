import { type ILogGroup, QueryDefinition, QueryString, type QueryStringProps } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { MonitoringProps } from './watch.ts';

/** The log queries of docs/operations.md, saved in CloudWatch Logs Insights under the receiver's name. */
export class SavedQueries extends Construct {
  constructor(scope: Construct, id: string, { receiver, reconciliation }: MonitoringProps) {
    super(scope, id);
    const { service, functionLog, accessLog, archive } = receiver;
    const reconciled = reconciliation ? [reconciliation.log] : [];
    const archived = archive ? [archive.log] : [];
    const save = (queryId: string, name: string, logGroups: ILogGroup[], query: QueryStringProps) => {
      const queryString = new QueryString(query);
      new QueryDefinition(this, queryId, { queryDefinitionName: `${service}/${name}`, logGroups, queryString });
    };
    save('Refusals', 'refusals-by-reason', [functionLog], {
      filterStatements: ['message = "refused"'],
      statsStatements: ['count(*) as requests, latest(detail) as example by reason'],
      sort: 'requests desc',
    });
    save('Failures', 'failures', [functionLog, ...reconciled, ...archived], {
      fields: ['@timestamp', 'message', 'reason', 'detail', 'cause', 'requestId', '@message'],
      filterStatements: [
        'level = "ERROR" or (level = "WARN" and message != "refused") or @message like /Task timed out|Runtime exited|"status":"(error|failure|timeout)"/',
      ],
      sort: '@timestamp desc',
      limit: 100,
    });
    const found = ['@timestamp', 'message', 'status', 'reason', 'detail', 'id', 'requestId', 'keyId', 'bytes'];
    save('Story', 'story-of-an-event', [functionLog, accessLog.logGroup, ...reconciled], {
      fields: [...found, 'responseLatency'],
      filterStatements: ['id = "PUT THE ID HERE" or requestId = "PUT THE ID HERE"'],
      sort: '@timestamp asc',
    });
    const latency = 'pct(responseLatency, 99) as p99Milliseconds';
    save('Answers', 'answers-by-status', [accessLog.logGroup], {
      statsStatements: [`count(*) as requests, ${latency} by status, bin(5m) as time`],
      sort: 'time desc',
    });
  }
}
