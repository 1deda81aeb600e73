"""Checks the attributes of a queued event, and accepts only what a receiver writes."""

import base64
import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

from consumer import json_text


class QueuedEventError(ValueError):
    """A message that is not an event of the receiver, or whose data is not where it should be.

    `code` is stable: `not_json`, `missing_attribute`, `invalid_attribute`, `invalid_data` or `invalid_dataref`. The
    text holds none of the message's data.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def parse_attributes(message: str) -> dict[str, Any]:
    """Parse a message and check every attribute. The result includes the data, which is not checked.

    :raises QueuedEventError: when it is not an event of the receiver
    """
    event = _parse_object(message)
    is_polled = "mmorigin" in event
    required = {**_REQUIRED, "mmorigin": _is_poll} if is_polled else {**_REQUIRED, **_SIGNED}
    for name, is_valid in required.items():
        if name not in event:
            raise QueuedEventError("missing_attribute", f"the message has no {name}")
        _check(event, name, is_valid)
    for name, is_valid in _OPTIONAL.items():
        if name in event:
            _check(event, name, is_valid)
    # Of the other kinds none can be fetched, so somebody else made it.
    if is_polled and event["type"] not in _POLLED_TYPES:
        raise _invalid("mmorigin")
    # An event that was never signed must not look like a signed one.
    forbidden = [name for name in (*_SIGNED, "mmkeyid") if is_polled and name in event]
    # CloudEvents attributes are never objects.
    forbidden += [
        name for name, value in event.items() if name != "data" and isinstance(value, (dict, list, type(None)))
    ]
    if forbidden:
        raise _invalid(forbidden[0])
    data = [name for name in ("data", "data_base64", "dataref") if name in event]
    if len(data) > 1:
        raise QueuedEventError("invalid_data", f"the event has both {' and '.join(data)}")
    if data and "datacontenttype" not in event:
        raise QueuedEventError("missing_attribute", "the event has data but no datacontenttype")
    return event


def parse_time(value: str) -> datetime | None:
    """Read an RFC 3339 time of a day that exists; `None` for anything else."""
    match = _TIME.fullmatch(value)
    if match is None:
        return None
    *parts, fraction, sign, hours, minutes = match.groups()
    microsecond = int((fraction or "")[:6].ljust(6, "0"))
    try:
        offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        if int(minutes or 0) > 59:  # noqa: PLR2004
            return None
        zone = timezone(-offset if sign == "-" else offset)
        return datetime(*map(int, parts), microsecond=microsecond, tzinfo=zone)
    except ValueError:
        return None


def parse_http_date(value: str) -> datetime | None:
    """Read a strict IMF-fixdate (RFC 9110, 5.6.7) of a day that exists; `None` for anything else.

    Days 1 to 9 may have one digit, as Java writes them.
    """
    fixdate = f"{value[:5]}0{value[5:]}" if len(value) == _ONE_DIGIT_DAY else value
    try:
        date = datetime.strptime(fixdate, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=timezone.utc)
    except ValueError:
        return None
    # Other programs read years of one or two digits in different ways.
    return date if date.year > 99 and format_datetime(date, usegmt=True) == fixdate else None  # noqa: PLR2004


def decode_base64(value: str) -> bytes | None:
    """Decode canonical standard base64; `None` for any other spelling of the same bytes."""
    try:
        decoded = base64.b64decode(value, validate=True)
    except ValueError:
        return None
    return decoded if base64.b64encode(decoded).decode() == value else None


DATA_MEMBER = ',"data":'
"""What stands before the data in a message. No string in JSON holds it, because its quotes would be escaped."""

_TIME = re.compile(
    r"(?!0000)([0-9]{4})-([0-9]{2})-([0-9]{2})T([01][0-9]|2[0-3]):([0-9]{2}):([0-9]{2})"
    r"(?:\.([0-9]{1,9}))?(?:Z|([+-])([0-9]{2}):([0-9]{2}))"
)
_REQUEST_LINE = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32} [^\s\ufeff\x00-\x1f\x7f-\x9f\ud800-\udfff]+ HTTP/1\.1")
# Characters of a date with one digit of the day.
_ONE_DIGIT_DAY = 28
# The longest RSA key in use has 8192 bits.
_LONGEST_SIGNATURE = 1368


def _is_text(value: str) -> bool:
    return value != ""


def _is_poll(value: str) -> bool:
    return value == "poll"


def _is_base64(value: str) -> bool:
    return decode_base64(value) is not None


def _is_signature(value: str) -> bool:
    return 0 < len(value) <= _LONGEST_SIGNATURE and _is_base64(value)


_Check = Callable[[str], bool]
_TYPES = {f"com.messagemedia.{kind}" for kind in ("delivery_report", "reply", "opt_out", "webhook")}
_POLLED_TYPES = {"com.messagemedia.delivery_report", "com.messagemedia.reply"}
_DIGESTS = {"SHA224", "SHA256", "SHA512"}

_REQUIRED: dict[str, _Check] = {
    "specversion": lambda value: value == "1.0",
    "id": _is_text,
    "source": _is_text,
    "type": lambda value: value in _TYPES,
    "time": lambda value: parse_time(value) is not None,
}

# Attributes of an event that came as a webhook. There is no separator, so the parts must have a strict form.
_SIGNED: dict[str, _Check] = {
    "mmdigest": lambda value: value in _DIGESTS,
    "mmrequestline": lambda value: _REQUEST_LINE.fullmatch(value) is not None,
    "mmdate": lambda value: parse_http_date(value) is not None,
    "mmsignature": _is_signature,
}

_OPTIONAL: dict[str, _Check] = {
    "subject": _is_text,
    "datacontenttype": _is_text,
    "mmkeyid": _is_text,
    "mmrepeated": _is_text,
    "mmreplay": _is_text,
    "dataref": _is_text,
    "data_base64": _is_base64,
}


def _check(event: dict[str, Any], name: str, is_valid: _Check) -> None:
    value = event[name]
    if not isinstance(value, str) or not is_valid(value):
        raise _invalid(name)


def _invalid(name: str) -> QueuedEventError:
    # An unknown name could be text that somebody typed.
    known = name if name in {**_REQUIRED, **_SIGNED, **_OPTIONAL, "mmorigin": _is_poll} else "attribute"
    return QueuedEventError("invalid_attribute", f"the event's {known} is not what a receiver writes")


def _loads(message: str) -> Any:  # noqa: ANN401
    try:
        return json_text.loads(message)
    except json_text.UnreadableJsonError:
        # The data is last, and what cannot be read is there, because attributes are flat. Its bytes verify as they are.
        return json_text.loads(message.partition(DATA_MEMBER)[0] + DATA_MEMBER + "null}")


def _parse_object(message: str) -> dict[str, Any]:
    try:
        event = _loads(message)
    except ValueError:
        # The cause would quote the data.
        raise QueuedEventError("not_json", "the message is not JSON") from None
    if not isinstance(event, dict):
        raise QueuedEventError("not_json", "the message is not a JSON object")
    return event
