import { Logger } from '@aws-lambda-powertools/logger';
import type { WebhookEvent } from 'messagemedia-webhook-receiver/events';

const logger = new Logger({ serviceName: 'consumer' });

/**
 * What your application does with an event: put yours in place of the log lines. It runs once for an event, and for the
 * events about one message in the order they came. When it throws, the event is tried again, and after five tries goes
 * to the dead-letter queue.
 */
export async function onEvent(event: WebhookEvent): Promise<void> {
  // Phone numbers and what people wrote stay out of the log.
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
