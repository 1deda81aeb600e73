import type { Alarm, Dashboard } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { Alarms } from './alarms.ts';
import { WebhookDashboard } from './dashboard.ts';
import { SavedQueries } from './saved-queries.ts';
import type { MonitoringProps } from './watch.ts';

/** Alarms, a dashboard and saved queries for one receiver. docs/operations.md says what to do with them. */
export class Monitoring extends Construct {
  readonly alarms: Alarm[];
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    this.alarms = new Alarms(this, 'Alarms', props).all;
    this.dashboard = new WebhookDashboard(this, 'Dashboard', { ...props, alarms: this.alarms });
    new SavedQueries(this, 'Queries', props);
  }
}
