"""Reads queued events: the CloudEvent, and the bytes that MessageMedia signed."""

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cloudevents.core.v1.event import CloudEvent

from consumer import json_text
from consumer.attributes import DATA_MEMBER, QueuedEventError, parse_attributes, parse_time

FetchData = Callable[[str], bytes]
"""Gets the bytes that a `dataref` points to."""

_JSON_MEDIA_TYPE = re.compile(rf"[^/;]+/(?:[^;]*\+)?[jJ][sS][oO][nN][{json_text.SPACE}]*(?:;.*)?", re.DOTALL)
_ATTRIBUTE_NAME = re.compile(r"[a-z0-9]+")
_NO_EXTENSIONS = ("data", "dataschema")


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
    payload: Any
    """The JSON body, an object unless the type is `com.messagemedia.webhook`; `None` for any other body."""
    signed: SignedRequest | None
    """`None` for an event with `mmorigin`, which was never signed."""
    signature: bytes


def read_queued_event(message: str, fetch_data: FetchData) -> ReadEvent:
    """Read a message from the queue.

    :param message: body of an SQS message, unchanged
    :param fetch_data: called for an event that was too large for the queue
    :raises QueuedEventError: when it is not an event of the receiver
    """
    attributes = parse_attributes(message)
    body = _body(attributes, message, fetch_data)
    data = _data(attributes, body)
    is_shaped = _is_json(attributes) and (attributes["type"] == "com.messagemedia.webhook" or isinstance(data, dict))
    payload = data if is_shaped and not isinstance(data, bytes) else None
    event = CloudEvent(_cloud_event_attributes(attributes), data)
    if "mmorigin" in attributes:
        return ReadEvent(event, payload, None, b"")
    signed = SignedRequest(attributes["mmrequestline"], attributes["mmdate"], body)
    return ReadEvent(event, payload, signed, base64.b64decode(attributes["mmsignature"]))


def idempotency_key(event: CloudEvent) -> str:
    """Return what to remember of an event that was handled: source, type and id, hashed as the receiver does it."""
    return hashlib.sha256(to_utf8(f"{event.get_source()} {event.get_type()} {event.get_id()}")).hexdigest()


def _cloud_event_attributes(attributes: dict[str, Any]) -> dict[str, Any]:
    """Leave out names that CloudEvents does not allow. The SDK refuses them, and no receiver writes them."""
    own = {
        name: value
        for name, value in attributes.items()
        if _ATTRIBUTE_NAME.fullmatch(name) and name not in _NO_EXTENSIONS
    }
    return {**own, "time": parse_time(attributes["time"])}


def _body(attributes: dict[str, Any], message: str, fetch_data: FetchData) -> bytes:
    if "dataref" in attributes:
        return fetch_data(attributes["dataref"])
    if "data_base64" in attributes:
        return base64.b64decode(attributes["data_base64"])
    if "data" not in attributes:
        return b""
    if _is_json(attributes):
        return _cut(message)
    if isinstance(attributes["data"], str):
        return to_utf8(attributes["data"])
    raise QueuedEventError("invalid_data", "the data is not text, though datacontenttype is not JSON")


def _cut(message: str) -> bytes:
    """Cut the JSON out, because parsing and writing it again would change its bytes."""
    _, marker, tail = message.partition(DATA_MEMBER)
    if not marker:
        raise _not_last()
    return to_utf8(tail[: max(tail.rfind("}"), 0)])


def _not_last() -> QueuedEventError:
    return QueuedEventError("invalid_data", "the data is not the last member of the event")


def to_utf8(text: str) -> bytes:
    """Encode half a surrogate pair as U+FFFD, as JavaScript does."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def _data(attributes: dict[str, Any], body: bytes) -> Any:  # noqa: ANN401
    """Return the body as JSON, as text, or as bytes, wherever the data was. JSON that Python cannot read is bytes."""
    is_json = _is_json(attributes)
    is_cut = is_json and "data" in attributes
    if not body and not is_cut:
        return None
    try:
        text = body.decode()
        return json_text.loads(text, first=True) if is_json else text
    except json_text.UnreadableJsonError:
        return body
    except ValueError:
        # Other members could follow that were not signed.
        if is_cut:
            raise _not_last() from None
        return body


def _is_json(attributes: dict[str, Any]) -> bool:
    return _JSON_MEDIA_TYPE.fullmatch(attributes.get("datacontenttype", "")) is not None
