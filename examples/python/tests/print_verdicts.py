"""Prints what the consumer makes of messages and keyrings: an input a line comes in, a line with its verdict goes out.

test/examples/verdict.ts says the same of the library in TypeScript.
"""

import base64
import hashlib
import json
import struct
import sys
import time
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from consumer.attributes import QueuedEventError
from consumer.queued_event import ReadEvent, idempotency_key, read_queued_event
from consumer.signature import VerificationKey, parse_keyring, reverify

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
ATTRIBUTES = (
    *("id", "type", "source", "subject", "datacontenttype"),
    *("mmkeyid", "mmdigest", "mmrepeated", "mmreplay", "mmorigin", "dataref"),
)


def canonical(value: Any) -> str:  # noqa: ANN401
    """Hash a JSON value as test/examples/canonical.ts does."""
    digest = hashlib.sha256()
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            digest.update(f"list {len(item)};".encode())
            waiting.extend(reversed(item))
        elif isinstance(item, dict):
            digest.update(f"object {len(item)};".encode())
            for name in sorted(item, key=utf16, reverse=True):
                waiting.extend((item[name], name))
        elif isinstance(item, str):
            digest.update(f"text {len(utf16(item)) // 2};".encode() + utf16(item))
        elif isinstance(item, bool) or item is None:
            digest.update({True: b"true;", False: b"false;", None: b"null;"}[item])
        else:
            digest.update(b"number " + struct.pack(">d", double(item) or 0.0))
    return digest.hexdigest()


def utf16(text: str) -> bytes:
    return text.encode("utf-16-le", "surrogatepass")


def double(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")


@lru_cache(maxsize=1)
def parse_once(keyring: str) -> Sequence[VerificationKey] | None:
    """As a consumer does it, not again for every message."""
    try:
        return parse_keyring(keyring)
    except ValueError:
        return None


def verdict_of(message: str, keyring: str, stored: bytes) -> tuple[dict[str, Any], float]:
    """Give the verdict, and the CPU time that it took, in milliseconds."""
    keys, read, signature, error = None, None, None, None
    start = time.thread_time()
    try:
        keys = parse_once(keyring)
        read = read_queued_event(message, lambda _dataref: stored)
        signature = reverify(read, keys or [])
    except Exception as raised:
        read, error = None, raised
    cpu = (time.thread_time() - start) * 1000
    ids = "none" if keys is None else [[key.id, key.digest, key.account] for key in keys]
    if isinstance(error, QueuedEventError):
        return {"keys": ids, "code": error.code}, cpu
    if read is None:
        return {"keys": ids, "crash": repr(error)}, cpu
    return {"keys": ids, **describe(read), "signature": signature, "idempotencyKey": idempotency_key(read.event)}, cpu


def describe(read: ReadEvent) -> dict[str, Any]:
    event, signed = read.event.get_attributes(), read.signed
    line, date = (None, None) if signed is None else (signed.request_line, signed.date)
    attributes = {name: event.get(name) for name in ATTRIBUTES}
    return {
        "attributes": canonical({**attributes, "line": line, "date": date}),
        "time": (event["time"] - EPOCH) // timedelta(milliseconds=1),
        "payload": canonical(read.payload),
        "body": None if signed is None else hashlib.sha256(signed.body).hexdigest(),
    }


for input_line in sys.stdin.buffer:
    case = json.loads(input_line)
    verdict, cpu = verdict_of(case["message"], case["keyring"], base64.b64decode(case["stored"]))
    print(json.dumps({"verdict": verdict, "cpu": cpu}), flush=True)
