"""When events come back that were not handled."""

import hashlib
import time
from collections.abc import Sequence
from functools import cache
from typing import Any

import boto3

from consumer.clients import LIMITS

Record = dict[str, Any]
"""A message, as Lambda passes it."""

# A failed event waits as long again as it has failed, between these. 200 tries take 16 hours, see `lib/event-queue.ts`.
_LEAST_SECONDS = 30
_MOST_SECONDS = 300
# How often an event may come back at once because there was no time for it.
_QUICK_RECEIVES = 20


@cache
def _sqs() -> Any:  # noqa: ANN401
    """Only a bad day needs it."""
    return boto3.client("sqs", config=LIMITS)


def comes_again(records: Sequence[Record]) -> bool:
    """Whether the batch holds an event that was received before."""
    return any(_receives(record) > 1 for record in records)


def in_new_order(records: Sequence[Record]) -> list[Record]:
    """Put the groups of a batch that comes again in another order every time.

    An event that ends the process keeps only those behind it from being handled. The order within a group stays.
    """
    groups: dict[str, list[Record]] = {}
    for record in records:
        groups.setdefault(group_of(record), []).append(record)

    def rank(group: list[Record]) -> str:
        return hashlib.sha256(f"{group[0]['messageId']} {_receives(group[0])}".encode()).hexdigest()

    return [record for group in sorted(groups.values(), key=rank) for record in group]


def group_of(record: Record) -> str:
    """Return the group, or a name of its own in a standard queue."""
    return str(record["attributes"].get("MessageGroupId", record["messageId"]))


def retry_delay(record: Record) -> int:
    """Return the seconds until a failed event comes back."""
    first = record["attributes"].get("ApproximateFirstReceiveTimestamp")
    failing = 0 if first is None else round(time.time() - int(first) / 1000)
    return min(max(failing, _LEAST_SECONDS), _MOST_SECONDS)


def unbegun_delay(record: Record) -> int:
    """Return the seconds until an event comes back that there was no time for."""
    return 0 if _receives(record) <= _QUICK_RECEIVES else retry_delay(record)


def hand_back(delays: Sequence[tuple[Record, int]]) -> None:
    """Say when events come back. Without it they do after the queue's visibility timeout."""
    if not delays:
        return
    entries = [
        {"Id": str(index), "ReceiptHandle": record["receiptHandle"], "VisibilityTimeout": seconds}
        for index, (record, seconds) in enumerate(delays)
    ]
    _sqs().change_message_visibility_batch(QueueUrl=_url(delays[0][0]["eventSourceARN"]), Entries=entries)


def delete_now(record: Record) -> None:
    """Delete a handled event before Lambda does, which does it only if the function ends well."""
    _sqs().delete_message(QueueUrl=_url(record["eventSourceARN"]), ReceiptHandle=record["receiptHandle"])


@cache
def _url(arn: str) -> str:
    *_, account, name = arn.split(":")
    return str(_sqs().get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"])


def _receives(record: Record) -> int:
    return int(record["attributes"].get("ApproximateReceiveCount", 1))
