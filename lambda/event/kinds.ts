/**
 * Every kind of event, and all that differs between them by name. It imports nothing, so that infrastructure, functions,
 * terminal and consumers can share it.
 */
export const eventKinds = {
  deliveryReport: {
    /** CloudEvents `type`. */
    type: 'com.messagemedia.delivery_report',
    /** Value of `kind` in the query of a callback URL. */
    inUrl: 'delivery-report',
    /** Name of its partition in an archive. */
    inArchive: 'delivery_report',
    /** Field of the body that holds its id. An event with none of these ids is a `webhook`. */
    idField: 'delivery_report_id',
    /** Template variables that hold its id; `mmw webhooks create` writes the first. */
    idVariables: ['drId', 'reportId'],
    /** Whether MessageMedia has a list of them, so that an event may have been fetched and never signed. */
    isPolled: true,
  },
  reply: {
    type: 'com.messagemedia.reply',
    inUrl: 'reply',
    inArchive: 'reply',
    idField: 'reply_id',
    idVariables: ['moId', 'replyId'],
    isPolled: true,
  },
  optOut: {
    type: 'com.messagemedia.opt_out',
    inUrl: 'opt-out',
    inArchive: 'opt_out',
    idField: 'notification_id',
    idVariables: ['notificationId'],
    isPolled: false,
  },
  webhook: {
    type: 'com.messagemedia.webhook',
    inUrl: 'webhook',
    inArchive: 'webhook',
    idField: undefined,
    idVariables: [],
    isPolled: false,
  },
} as const;

export type EventType = (typeof eventKinds)[keyof typeof eventKinds]['type'];
