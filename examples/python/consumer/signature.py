"""Checks the signature of a queued event again, from the message and a keyring alone."""

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from consumer.queued_event import ReadEvent

# Clocks differ, and a key is retired a moment before that is noted.
_GRACE = timedelta(seconds=300)

_HASHES: dict[str, hashes.HashAlgorithm] = {
    "SHA224": hashes.SHA224(),
    "SHA256": hashes.SHA256(),
    "SHA512": hashes.SHA512(),
}


@dataclass(frozen=True)
class VerificationKey:
    """A public key; without an id it is tried for every key id, without a digest the event's own counts."""

    id: str | None
    digest: str | None
    key: RSAPublicKey
    retired_at: datetime | None = None
    """When another key took its place: it verifies only what was signed before."""


def parse_keyring(secret: str) -> list[VerificationKey]:
    """Read a keyring secret: `{"keys":[…]}`, one answer of MessageMedia's create-key call, or a bare public key.

    One broken key among others is skipped.

    :raises ValueError: when it is none of these, or holds something and no key can be read from it
    """
    text = secret.strip()
    parsed = json.loads(text) if text.startswith("{") else {"public_key": text}
    entries = parsed.get("keys", [parsed])
    keys = [key for key in map(_parse_key, entries) if key is not None]
    if entries and not keys:
        raise ValueError("the keyring yields no key")
    return keys


def reverify(read: ReadEvent, keys: Sequence[VerificationKey]) -> Literal["good", "bad", "never_signed"]:
    """Check the signature, which covers the data, the request line and the date, and no other attribute.

    An event that was fetched from MessageMedia's API was never signed. Whoever insists on signed events takes nothing
    but `good`.
    """
    if read.signed is None:
        return "never_signed"
    digest = str(read.event.get_extension("mmdigest"))
    date = datetime.strptime(read.signed.date, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=timezone.utc)
    is_good = digest in _HASHES and any(
        _verify(read, key.key, digest)
        for key in _keys_for(read.event.get_extension("mmkeyid"), keys)
        if key.digest in (None, digest) and (key.retired_at is None or date <= key.retired_at + _GRACE)
    )
    return "good" if is_good else "bad"


def _verify(read: ReadEvent, key: RSAPublicKey, digest: str) -> bool:
    if read.signed is None:
        return False
    try:
        key.verify(read.signature, read.signed.to_bytes(), PKCS1v15(), _HASHES[digest])
    except InvalidSignature:
        return False
    return True


def _keys_for(key_id: object, keys: Sequence[VerificationKey]) -> Sequence[VerificationKey]:
    """Give the named key alone; the keys without an id when nothing has the name; every key when none is named."""
    if key_id is None:
        return keys
    named = [key for key in keys if key.id is not None and key.id.lower() == str(key_id).lower()]
    return named or [key for key in keys if key.id is None]


def _parse_key(entry: object) -> VerificationKey | None:
    """Read one key; `None` for one that is broken or no RSA key."""
    if not isinstance(entry, dict):
        return None
    try:
        key_id, digest = entry.get("key_id") or None, entry.get("digest")
        der = re.sub(r"-----[A-Z ]+-----|\\[nr]|\s", "", entry["public_key"])
        key = load_der_public_key(base64.b64decode(der, validate=True))
        name = None if digest is None else str(digest).upper().replace("-", "")
        is_ours = isinstance(key, RSAPublicKey) and (key_id is None or isinstance(key_id, str))
        if not is_ours or name not in (None, *_HASHES) or str(entry.get("cipher") or "RSA").upper() != "RSA":
            return None
        return VerificationKey(key_id, name, key, _time(entry.get("retired_at") or entry.get("deleted_at")))
    except (KeyError, TypeError, ValueError):
        return None


def _time(value: object) -> datetime | None:
    """Read an RFC 3339 time; a key whose end cannot be read has none."""
    try:
        time = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError:
        return None
    return None if time.tzinfo is None else time
