import { App } from 'aws-cdk-lib';
import { readSettings } from '../lib/config.ts';
import { WebhookStack } from '../lib/webhook-stack.ts';

const app = new App();
new WebhookStack(app, 'MessageMediaWebhooks', { settings: readSettings(app.node) });
