"""Lambda's entry point."""

import logging
import os
import time
import traceback
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import SqsFifoPartialProcessor, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from cloudevents.core.v1.event import CloudEvent

from consumer.claim_check import fetch_from_s3
from consumer.event_memory import EventMemory
from consumer.keyring import Keyring
from consumer.on_event import on_event
from consumer.queued_event import ReadEvent, read_queued_event
from consumer.retries import comes_again, delete_now, group_of, hand_back, in_new_order, retry_delay, unbegun_delay
from consumer.signature import reverify
from consumer.time_left import TimeLeft, within

# As in the log of the consumer in TypeScript.
logging.addLevelName(logging.WARNING, "WARN")
logger = Logger(service="consumer", location=None, use_rfc3339=True, utc=True)
fetch_data = fetch_from_s3(os.environ.get("OVERFLOW_BUCKET", ""))
keyring_secret_id = os.environ.get("KEYRING_SECRET_ID")
keyring = keyring_secret_id and Keyring(
    keyring_secret_id, lambda message, error: logger.warning(message, extra={"error": describe(error)})
)

replays = os.environ.get("REPLAYS", "skip")
if replays not in ("handle", "skip"):
    raise ValueError(f"REPLAYS is {replays}: it must be handle or skip")
polled = os.environ.get("POLLED", "handle")
if polled not in ("handle", "refuse"):
    raise ValueError(f"POLLED is {polled}: it must be handle or refuse")
memory = EventMemory(os.environ["IDEMPOTENCY_TABLE"], replays == "handle")

# How long the largest event may take to come from S3, in seconds.
LONGEST_FETCH = 8

processor = SqsFifoPartialProcessor(skip_group_on_error=True)
processor.raise_on_entire_batch_failure = False


def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Handle a batch. If a message fails, the later ones of its group fail too, and no others."""
    records = event["Records"]
    if not records:
        return {"batchItemFailures": []}
    left = TimeLeft(context)
    is_again = comes_again(records)
    batch = in_new_order(records) if is_again else records
    # When each group that is not done comes back, in seconds.
    delays: dict[str, int] = {}
    has_begun = False
    memory.begin(left)

    def on_record(record: SQSRecord) -> None:
        nonlocal has_begun
        is_begun = left.is_enough()
        has_begun = has_begun or is_begun
        raw = record.raw_event
        try:
            if not is_begun:
                raise TimeoutError("too little time is left")
            handle(record, left)
        except Exception:
            # If nothing was begun, it would be the same again at once.
            delays[group_of(raw)] = unbegun_delay(raw) if has_begun and not is_begun else retry_delay(raw)
            if not is_begun:
                logger.warning("not begun: too little time is left", extra={"messageId": record.message_id})
            raise
        if is_again:
            tell_sqs(left, lambda: delete_now(raw))

    answer = process_partial_response({"Records": batch}, on_record, processor)
    failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
    back = [record for record in batch if record["messageId"] in failed]
    tell_sqs(left, lambda: hand_back([(record, delays[group_of(record)]) for record in back]))
    # So that it counts as an error of the function. SQS gets the whole batch back, as it would with the answer.
    if len(failed) == len(records):
        raise RuntimeError("No event of the batch was handled")
    return answer


def handle(record: SQSRecord, left: TimeLeft) -> None:
    """Handle one message of a batch."""
    begun = time.monotonic()
    ids: dict[str, Any] = {"messageId": record.message_id}
    try:
        with within(min(LONGEST_FETCH, left.for_event()), "reading the event"):
            read = read_queued_event(record.body, fetch_data)
        ids["eventId"] = read.event.get_id()
        # It was fetched from MessageMedia's API, because its webhook did not arrive.
        if read.signed is None and polled == "refuse":
            raise ValueError("the event was never signed, and POLLED is refuse")
        check_signature(read)
        is_first = handle_once(read.event, left)
        logger.info("handled" if is_first else "skipped: it was handled before", extra=ids)
    except BaseException as error:  # `sys.exit` and the end of the time too
        logger.error("not handled", extra={**ids, "error": describe(error)})
        if isinstance(error, Exception):
            raise
        raise RuntimeError("the event did not end well") from error
    finally:
        left.took(time.monotonic() - begun)


def handle_once(event: CloudEvent, left: TimeLeft) -> bool:
    """Handle an event unless it was handled before. Return whether `on_event` was called.

    If it does not end in time, it stays in progress in the table until Lambda has ended the function.
    """
    is_first = False

    def call() -> None:
        nonlocal is_first
        is_first = True
        with within(left.for_event(), "on_event"):
            on_event(event)

    memory.once(event, call)
    return is_first


def check_signature(read: ReadEvent) -> None:
    """Check the signature, if there is a keyring. If it does not verify, read the keyring again."""
    if not keyring:
        return
    keys = keyring.keys()
    if reverify(read, keys) != "bad":
        return
    newer = keyring.newer_than(keys)
    if newer is None or reverify(read, newer) != "good":
        raise ValueError("the signature of the event is not good")


def tell_sqs(left: TimeLeft, call: Callable[[], None]) -> None:
    """Tell SQS what was handled. Without it everything is done too, only later."""
    try:
        with within(left.until_end() / 2, "the call of SQS"):
            call()
    except BaseException as error:
        logger.warning("SQS does not know yet what was handled", extra={"error": describe(error)})


def describe(error: BaseException) -> dict[str, str]:
    """Give an error the fields that it has in the log of the consumer in TypeScript."""
    stack = "".join(traceback.format_exception(error))
    return {"name": type(error).__name__, "message": str(error), "stack": stack}
