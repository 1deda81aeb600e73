"""Remembers which events were handled, in a table that the consumer in TypeScript reads and writes in the same way."""

import base64
import hashlib
import json
import time
from collections.abc import Callable
from typing import Any

import boto3
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import IdempotencyItemAlreadyExistsError
from aws_lambda_powertools.utilities.idempotency.persistence.datarecord import DataRecord
from cloudevents.core.v1.event import CloudEvent

from consumer.clients import LIMITS
from consumer.queued_event import idempotency_key, to_utf8
from consumer.time_left import TimeLeft

# Longer than an event can wait: 14 days in the queue, and 14 in the dead-letter queue.
_EXPIRES_AFTER_SECONDS = 60 * 24 * 60 * 60
# Lambda ends every function after 15 minutes.
_LONGEST_SECONDS = 15 * 60


class EventMemory:
    """Handles an event unless it was handled before."""

    def __init__(self, table_name: str, handles_replays: bool) -> None:
        self._handles_replays = handles_replays
        self._config = IdempotencyConfig(expires_after_seconds=_EXPIRES_AFTER_SECONDS)

        @idempotent_function(
            data_keyword_argument="key",
            config=self._config,
            persistence_store=_EventTable(table_name),
            key_prefix="event",
        )
        def once(*, key: str, handle: Callable[[], None]) -> None:
            handle()

        self._once = once

    def begin(self, left: TimeLeft) -> None:
        """Free an event that this invocation begins and does not end when Lambda has ended the invocation."""
        self._config.register_lambda_context(left)

    def once(self, event: CloudEvent, handle: Callable[[], None]) -> None:
        """Call `handle` unless the event was handled before."""
        self._once(key=self._key(event), handle=handle)

    def _key(self, event: CloudEvent) -> str:
        """Give an event of a replay a key of its own if it is wanted to have its effect anew: once for each replay."""
        key = idempotency_key(event)
        replay = event.get_extension("mmreplay")
        if not self._handles_replays or replay is None:
            return key
        return hashlib.sha256(to_utf8(f"{key} {replay}")).hexdigest()


class _EventTable(DynamoDBPersistenceLayer):
    """Frees events whose record says that they are in progress, but not until when. They would stay so for 60 days."""

    def __init__(self, table_name: str) -> None:
        super().__init__(table_name, boto3_client=boto3.client("dynamodb", config=LIMITS))

    def _generate_hash(self, data: Any) -> str:  # noqa: ANN401
        """Hash as Powertools for TypeScript does."""
        digest = hashlib.md5(json.dumps(data).encode(), usedforsecurity=False).digest()
        return base64.b64encode(digest).decode()

    def _put_record(self, data_record: DataRecord) -> None:
        try:
            super()._put_record(data_record)
        except IdempotencyItemAlreadyExistsError as error:
            if not _is_stuck(error.old_data_record or self._get_record(data_record.idempotency_key)):
                raise
            self._free(data_record.idempotency_key)
            super()._put_record(data_record)

    def _free(self, key: str) -> None:
        """Fail if another function was faster."""
        self.client.update_item(
            TableName=self.table_name,
            Key={"id": {"S": key}},
            UpdateExpression="SET in_progress_expiration = :past",
            ConditionExpression="#status = :status AND attribute_not_exists(in_progress_expiration)",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={":past": {"N": "1"}, ":status": {"S": "INPROGRESS"}},
        )


def _is_stuck(record: DataRecord) -> bool:
    if record.status != "INPROGRESS" or record.in_progress_expiry_timestamp is not None:
        return False
    begun = int(record.expiry_timestamp or 0) - _EXPIRES_AFTER_SECONDS
    return begun + _LONGEST_SECONDS < time.time()
