import { App } from 'aws-cdk-lib';
import { BroughtResourceError } from '../lib/brought-resource.ts';
import { SettingError } from '../lib/settings/context.ts';
import { readSettings } from '../lib/settings/read-settings.ts';
import { WebhookStack } from '../lib/webhook-stack.ts';

const app = new App();
try {
  const settings = readSettings(app.node);
  new WebhookStack(app, settings.stackName, { settings });
} catch (error) {
  if (!(error instanceof SettingError || error instanceof BroughtResourceError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
