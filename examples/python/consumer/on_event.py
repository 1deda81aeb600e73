"""What your application does with an event. Put your own code in place of the log lines."""

from aws_lambda_powertools import Logger
from cloudevents.core.v1.event import CloudEvent

logger = Logger(service="consumer", location=None, use_rfc3339=True, utc=True)


def on_event(event: CloudEvent) -> None:
    """Handle an event. It runs once for each, and for those about one message in the order in which they came.

    If it raises, or does not end in time, the event is retried, and moves to the dead-letter queue after 200 tries.
    """
    # Every field of the data may be missing or null. The log holds no phone numbers, and no text that people wrote.
    about = {"eventId": event.get_id(), "subject": event.get_subject()}
    data = event.get_data()
    fields = data if isinstance(data, dict) else {}
    attachments = fields.get("attachments")
    match event.get_type():
        case "com.messagemedia.delivery_report":
            logger.info("delivery report", extra={**about, "status": fields.get("status")})
        case "com.messagemedia.reply":
            count = len(attachments) if isinstance(attachments, list) else 0
            logger.info("reply", extra={**about, "attachments": count})
        case "com.messagemedia.opt_out":
            logger.info("opt-out", extra=about)
        case _:
            logger.info("webhook of your own template", extra={**about, "mediaType": event.get_datacontenttype()})
