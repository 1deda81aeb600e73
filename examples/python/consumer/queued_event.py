"""Reads queued events: the CloudEvent, and the bytes that MessageMedia signed."""

import base64
import binascii
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import format_datetime
from typing import Any

from cloudevents.core.exceptions import CloudEventValidationError
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

FetchData = Callable[[str], bytes]
"""Gets the bytes that a `dataref` points to."""

_REQUEST_LINE = re.compile(r"([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}) ([^\s\ufeff\x00-\x1f\x7f-\x9f]+) HTTP/1\.1")
_JSON_MEDIA_TYPE = re.compile(r"[^/;]+/(?:[^;]*\+)?json\s*(?:;.*)?", re.IGNORECASE | re.DOTALL)
_DATA_MEMBER = ',"data":'


_TYPES = {f"com.messagemedia.{kind}" for kind in ("delivery_report", "reply", "opt_out", "webhook")}
_SIGNATURE = ("mmdigest", "mmrequestline", "mmdate", "mmsignature")


class QueuedEventError(ValueError):
    """A message that is no event of ours. `code` is stable; the text holds none of the message's data."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class SignedRequest:
    """The three parts that a signature covers."""

    request_line: str
    date: str
    body: bytes

    def to_bytes(self) -> bytes:
        """Join the parts as MessageMedia does, with nothing between them."""
        return (self.request_line + self.date).encode() + self.body


@dataclass(frozen=True)
class ReadEvent:
    """An event, and exactly what was signed."""

    event: CloudEvent
    signed: SignedRequest | None
    """`None` for an event with `mmorigin`, which was never signed."""
    signature: bytes


def read_queued_event(message: str, fetch_data: FetchData) -> ReadEvent:
    """Read a message from the queue.

    :param message: body of an SQS message, unchanged
    :param fetch_data: called for an event that was too large for the queue
    :raises QueuedEventError: when it is no event of ours
    """
    event = _parse(message)
    body = _body(event, message, fetch_data)
    read = CloudEvent(event.get_attributes(), _data(event, body))
    if _is_polled(event):
        return ReadEvent(read, None, b"")
    line, date, signature = (_text(event, name) for name in ("mmrequestline", "mmdate", "mmsignature"))
    # Without a separator, only parts that cannot run into each other are unambiguous.
    if not _REQUEST_LINE.fullmatch(line) or not _is_http_date(date):
        raise QueuedEventError("invalid_attribute", "mmrequestline or mmdate is none that could have been signed")
    return ReadEvent(read, SignedRequest(line, date, body), _decode_base64(signature))


def _parse(message: str) -> CloudEvent:
    try:
        event = JSONFormat().read(CloudEvent, message)
    except (ValueError, TypeError, AttributeError, RecursionError, CloudEventValidationError):
        # The cause would quote the data.
        raise QueuedEventError("not_json", "the message is not a CloudEvent 1.0") from None
    # CloudEvents has no attributes with members, which the SDK does not check.
    if not isinstance(event, CloudEvent) or not all(map(_is_scalar, event.get_attributes().values())):
        raise QueuedEventError("invalid_attribute", "an attribute is no text, number or boolean")
    # The SDK makes up an id where there is none.
    if '"id"' not in message or event.get_type() not in _TYPES:
        raise QueuedEventError("missing_attribute", "the event has no id, or a type that no receiver writes")
    return event


def _is_polled(event: CloudEvent) -> bool:
    """Tell whether it was fetched from MessageMedia's API. It must not look as if it had been signed."""
    attributes = event.get_attributes()
    if "mmorigin" not in attributes:
        return False
    if attributes["mmorigin"] != "poll" or any(name in attributes for name in (*_SIGNATURE, "mmkeyid")):
        raise QueuedEventError("invalid_attribute", "mmorigin is not what a receiver writes")
    return True


def _is_scalar(value: object) -> bool:
    return isinstance(value, (str, int, bool, datetime))


def _body(event: CloudEvent, message: str, fetch_data: FetchData) -> bytes:
    data = event.get_data()
    if "dataref" in event.get_attributes():
        if data is not None:
            raise QueuedEventError("invalid_data", "the event has both data and dataref")
        return fetch_data(_text(event, "dataref"))
    if isinstance(data, bytes):
        return data
    if _is_json(event):
        return _cut(message)
    if data is None:
        return b""
    if isinstance(data, str):
        return data.encode()
    raise QueuedEventError("invalid_data", "the data is not text, though datacontenttype is not JSON")


def _cut(message: str) -> bytes:
    """Cut the JSON out: parsing and writing it again would change its bytes."""
    _, marker, tail = message.partition(_DATA_MEMBER)
    body = tail[: tail.rfind("}")]
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        # There could be members behind it that are not what was signed.
        raise QueuedEventError("invalid_data", "the data is not the last member of the event") from None
    if not marker:
        raise QueuedEventError("invalid_data", "the event has no data")
    return body.encode()


def _data(event: CloudEvent, body: bytes) -> Any:  # noqa: ANN401
    """Give the body as JSON, as text, or as it is; the same wherever it was."""
    if not body:
        return None
    try:
        text = body.decode()
        return json.loads(text, object_pairs_hook=_first_of_repeated) if _is_json(event) else text
    except (ValueError, RecursionError):
        return body


def _first_of_repeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Keep the first of repeated names, as the receiver does: what comes later may be text that somebody typed."""
    first: dict[str, Any] = {}
    for name, value in pairs:
        first.setdefault(name, value)
    return first


def _is_json(event: CloudEvent) -> bool:
    return _JSON_MEDIA_TYPE.fullmatch(event.get_datacontenttype() or "") is not None


def _text(event: CloudEvent, name: str) -> str:
    value = event.get_extension(name)
    if not isinstance(value, str) or not value:
        raise QueuedEventError("missing_attribute", f"the event has no {name}")
    return value


def _decode_base64(value: str) -> bytes:
    try:
        decoded = base64.b64decode(value, validate=True)
    except binascii.Error:
        raise QueuedEventError("invalid_attribute", "the signature is not base64") from None
    # Two spellings of one signature would make it malleable.
    if base64.b64encode(decoded).decode() != value:
        raise QueuedEventError("invalid_attribute", "the signature is not canonical base64")
    return decoded


def _is_http_date(value: str) -> bool:
    try:
        date = datetime.strptime(value, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=timezone.utc)
    except ValueError:
        return False
    return format_datetime(date, usegmt=True) == value
