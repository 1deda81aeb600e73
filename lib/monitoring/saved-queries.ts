import { type ILogGroup, QueryDefinition, QueryString } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { logMessages } from '../../lambda/contract.ts';
import type { Reconciliation } from '../reconciliation.ts';
import type { WebhookReceiver } from '../webhook-receiver.ts';

/** The log queries of docs/operations.md, saved in CloudWatch Logs Insights under the receiver's name. */
export class SavedQueries extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { receiver, reconciliation }: { receiver: WebhookReceiver; reconciliation?: Reconciliation },
  ) {
    super(scope, id);
    const reconciliationLog = reconciliation ? [reconciliation.log] : [];
    const { service, functionLog, accessLog, archive } = receiver;
    const archiveLog = archive ? [archive.log] : [];
    const save = (queryId: string, name: string, logGroups: ILogGroup[], query: QueryString) =>
      new QueryDefinition(this, queryId, {
        queryDefinitionName: `${service}/${name}`,
        logGroups,
        queryString: query,
      });
    save(
      'Refusals',
      'refusals-by-reason',
      [functionLog],
      new QueryString({
        filterStatements: [`message = "${logMessages.refused}"`],
        statsStatements: ['count(*) as requests, latest(detail) as example by reason'],
        sort: 'requests desc',
      }),
    );
    save(
      'Failures',
      'failures',
      [functionLog, ...reconciliationLog, ...archiveLog],
      new QueryString({
        fields: ['@timestamp', 'message', 'reason', 'detail', 'cause', 'requestId', '@message'],
        filterStatements: [
          `level = "ERROR" or (level = "WARN" and message != "${logMessages.refused}") or @message like /Task timed out|Runtime exited|"status":"(error|failure|timeout)"/`,
        ],
        sort: '@timestamp desc',
        limit: 100,
      }),
    );
    save(
      'Story',
      'story-of-an-event',
      [functionLog, accessLog.logGroup, ...reconciliationLog],
      new QueryString({
        fields: [
          '@timestamp',
          'message',
          'status',
          'reason',
          'detail',
          'id',
          'requestId',
          'keyId',
          'bytes',
          'responseLatency',
        ],
        filterStatements: ['id = "PUT THE ID HERE" or requestId = "PUT THE ID HERE"'],
        sort: '@timestamp asc',
      }),
    );
    save(
      'Answers',
      'answers-by-status',
      [accessLog.logGroup],
      new QueryString({
        statsStatements: [
          'count(*) as requests, pct(responseLatency, 99) as p99Milliseconds by status, bin(5m) as time',
        ],
        sort: 'time desc',
      }),
    );
  }
}
