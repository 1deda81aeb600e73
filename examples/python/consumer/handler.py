"""Lambda's entry point."""

import os
import uuid
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.batch import SqsFifoPartialProcessor, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.typing import LambdaContext
from cloudevents.core.v1.event import CloudEvent

from consumer.claim_check import fetch_from_s3
from consumer.on_event import on_event
from consumer.queued_event import ReadEvent, idempotency_key, read_queued_event
from consumer.signature import parse_keyring, reverify

logger = Logger(service="consumer")
keyring_secret_id = os.environ.get("KEYRING_SECRET_ID")
fetch_data = fetch_from_s3(os.environ.get("OVERFLOW_BUCKET", ""))

replays = os.environ.get("REPLAYS", "skip")
if replays not in ("handle", "skip"):
    raise ValueError(f"REPLAYS is {replays}: it must be handle or skip")

# Longer than an event can wait: 14 days in the queue, and 14 in the dead-letter queue.
idempotency = IdempotencyConfig(expires_after_seconds=60 * 24 * 60 * 60)
handled = DynamoDBPersistenceLayer(table_name=os.environ["IDEMPOTENCY_TABLE"])

processor = SqsFifoPartialProcessor(skip_group_on_error=True)
processor.raise_on_entire_batch_failure = False


def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Handle a batch. If a message fails, the later ones of its group fail too, and no others."""
    idempotency.register_lambda_context(context)
    return process_partial_response(event, on_record, processor, context)


def on_record(record: SQSRecord) -> None:
    """Handle one message of a batch."""
    ids = {"messageId": record.message_id}
    try:
        read = read_queued_event(record.body, fetch_data)
        ids["eventId"] = read.event.get_id()
        check_signature(read)
        attempt = str(uuid.uuid4())
        is_first = on_event_once(event_id=memory_key(read.event), event=read.event, attempt=attempt) == attempt
    except Exception:
        logger.exception("not handled", extra=ids)
        raise
    logger.info("handled" if is_first else "skipped: it was handled before", extra=ids)


@idempotent_function(data_keyword_argument="event_id", config=idempotency, persistence_store=handled)
def on_event_once(*, event_id: str, event: CloudEvent, attempt: str) -> str:
    """Handle an event unless it was handled before. Return the attempt that handled it, an earlier one or this one."""
    on_event(event)
    return attempt


def memory_key(event: CloudEvent) -> str:
    """Give an event of a replay a key of its own if it is wanted to have its effect anew: once for each replay."""
    replay = event.get_extension("mmreplay")
    key = idempotency_key(event)
    return f"{key} {replay}" if replays == "handle" and replay is not None else key


def check_signature(read: ReadEvent) -> None:
    """Check the signature, if there is a keyring. If it does not verify, read the keyring again."""
    if keyring_secret_id is None:
        return
    secrets: list[Callable[[], Any]] = [
        lambda: parameters.get_secret(keyring_secret_id, max_age=300),
        lambda: parameters.get_secret(keyring_secret_id, max_age=300, force_fetch=True),
    ]
    # An event that was never signed was fetched from MessageMedia's API, because its webhook did not arrive. To handle
    # only signed events, raise for anything but "good".
    if all(reverify(read, parse_keyring(load())) == "bad" for load in secrets):
        raise ValueError("the signature of the event is not good")
