import { Logger } from '@aws-lambda-powertools/logger';
import type { WebhookEvent } from 'messagemedia-webhook-receiver/events';

const logger = new Logger({ serviceName: 'consumer' });

/**
 * What your application does with an event. Put your own code in place of the log lines. It runs once for each event, and
 * for the events about one message in the order in which they came. If it throws, or does not end in time, the event is
 * retried, and moves to the dead-letter queue after 200 tries.
 */
export async function onEvent(event: WebhookEvent): Promise<void> {
  // Every field of a payload may be missing or null. The log holds no phone numbers, and no text that people wrote.
  const about = { eventId: event.id, subject: event.subject };
  switch (event.type) {
    case 'com.messagemedia.delivery_report':
      logger.info('delivery report', { ...about, status: event.payload?.status });
      return;
    case 'com.messagemedia.reply':
      logger.info('reply', { ...about, attachments: event.payload?.attachments?.length ?? 0 });
      return;
    case 'com.messagemedia.opt_out':
      logger.info('opt-out', about);
      return;
    case 'com.messagemedia.webhook':
      logger.info('webhook of your own template', { ...about, mediaType: event.datacontenttype });
  }
}
