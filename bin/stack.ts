import type { App, StackProps } from 'aws-cdk-lib';
import { BroughtResourceError } from '../lib/brought-resource.ts';
import { SettingError } from '../lib/settings/context.ts';
import { readSettings } from '../lib/settings/read-settings.ts';
import { WebhookStack } from '../lib/webhook-stack.ts';

/** Adds the stack that the settings describe. If they are wrong, it says why, and the process fails. */
export function addStack(app: App, props: StackProps = {}): WebhookStack | undefined {
  try {
    const settings = readSettings(app.node);
    return new WebhookStack(app, settings.stackName, { settings, ...props });
  } catch (error) {
    if (!(error instanceof SettingError || error instanceof BroughtResourceError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
    return undefined;
  }
}
