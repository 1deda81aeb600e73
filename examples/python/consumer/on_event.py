"""What your application does with an event: put yours in place of the log lines."""

from aws_lambda_powertools import Logger
from cloudevents.core.v1.event import CloudEvent

logger = Logger(service="consumer")


def on_event(event: CloudEvent) -> None:
    """Handle an event: once, and those about one message in the order they came.

    When this raises, the event is tried again, and after five tries goes to the dead-letter queue.
    """
    # Phone numbers and what people wrote stay out of the log.
    about = {"eventId": event.get_id(), "subject": event.get_subject()}
    data = event.get_data()
    fields = data if isinstance(data, dict) else {}
    match event.get_type():
        case "com.messagemedia.delivery_report":
            logger.info("delivery report", extra={**about, "status": fields.get("status")})
        case "com.messagemedia.reply":
            logger.info("reply", extra={**about, "attachments": len(fields.get("attachments") or [])})
        case "com.messagemedia.opt_out":
            logger.info("opt-out", extra=about)
        case _:
            logger.info("webhook of your own template", extra={**about, "mediaType": event.get_datacontenttype()})
