"""Gets the data of events that were too large for the queue."""

import re

import boto3

from consumer.attributes import QueuedEventError
from consumer.clients import LIMITS
from consumer.queued_event import FetchData

# The receiver writes only such keys, and such a key cannot lead out of the bucket.
_KEY = re.compile(r"[0-9a-f]{64}")


def fetch_from_s3(bucket: str) -> FetchData:
    """Make a function that reads only from this bucket, because a `dataref` is not signed."""
    client = boto3.client("s3", config=LIMITS)
    prefix = f"s3://{bucket}/"

    def fetch(dataref: str) -> bytes:
        key = dataref.removeprefix(prefix)
        if not dataref.startswith(prefix) or not _KEY.fullmatch(key):
            raise QueuedEventError("invalid_dataref", "the dataref does not point into the bucket for large events")
        body: bytes = client.get_object(Bucket=bucket, Key=key)["Body"].read()
        return body

    return fetch
