"""Checks the signature of a queued event again, with only the message and a keyring."""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import quote

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from consumer import json_text
from consumer.attributes import parse_http_date, parse_time
from consumer.queued_event import ReadEvent

# Clocks differ, and a key is retired a moment before that is recorded.
_GRACE = timedelta(seconds=300)

_ACCOUNT = re.compile(r"[\x21-\x7e]{1,128}")
# What JavaScript's encodeURIComponent leaves as it is, and `quote` does not.
_SAFE = "!~*'()"

_HASHES: dict[str, hashes.HashAlgorithm] = {
    "SHA224": hashes.SHA224(),
    "SHA256": hashes.SHA256(),
    "SHA512": hashes.SHA512(),
}


@dataclass(frozen=True)
class VerificationKey:
    """A public key. Without an id it is tried for every key id. Without a digest the event's own digest counts."""

    id: str | None
    digest: str | None
    key: RSAPublicKey
    retired_at: datetime | None = None
    """When another key replaced it. It verifies only events that were signed before."""
    account: str | None = None
    """Whose key it is. As soon as one key has an account, the source of an event must be that of its key."""


def parse_keyring(secret: str) -> list[VerificationKey]:
    """Read a keyring secret: `{"keys":[…]}`, one answer of MessageMedia's create-key call, or a bare public key.

    One broken key among others is skipped.

    :raises ValueError: when it is none of these, or holds entries but no readable key
    """
    text = secret.strip(json_text.SPACE)
    entries = _entries(json_text.loads(text)) if text.startswith("{") else [{"public_key": text}]
    keys = _with_accounts([key for key in map(_parse_key, entries) if key is not None])
    if entries and not keys:
        raise ValueError("the keyring yields no key")
    return keys


def _entries(keyring: dict[str, Any]) -> list[Any]:
    entries = keyring.get("keys", [keyring])
    if not isinstance(entries, list):
        raise ValueError('in the keyring, "keys" is not a list')
    return entries


def _with_accounts(keys: list[VerificationKey]) -> list[VerificationKey]:
    """Let one public key be of one account: the first that an entry names for it. Skip it where another is named."""
    named = [key for key in keys if key.account is not None]
    if not named:
        return keys
    accounts: dict[bytes, str | None] = {}
    for key in named:
        accounts.setdefault(_spki(key), key.account)
    owned = [replace(key, account=accounts.get(_spki(key))) for key in keys]
    return [after for before, after in zip(keys, owned, strict=True) if before.account in (None, after.account)]


def _spki(key: VerificationKey) -> bytes:
    return key.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def reverify(read: ReadEvent, keys: Sequence[VerificationKey]) -> Literal["good", "bad", "never_signed"]:
    """Check the signature, which covers the data, the request line and the date, and no other attribute.

    Where keys name accounts, the source must be the account of the key.

    An event that was fetched from MessageMedia's API was never signed. If you need signed events, accept only `good`.
    """
    if read.signed is None:
        return "never_signed"
    digest = str(read.event.get_extension("mmdigest"))
    date = parse_http_date(read.signed.date)
    names_accounts = any(key.account is not None for key in keys)
    is_good = date is not None and any(
        (not names_accounts or read.event.get_source() == _source_of(key)) and _verify(read, key.key, digest)
        for key in _keys_for(read.event.get_extension("mmkeyid"), keys)
        if key.digest in (None, digest) and (key.retired_at is None or date <= key.retired_at + _GRACE)
    )
    return "good" if is_good else "bad"


def _source_of(key: VerificationKey) -> str:
    return "urn:messagemedia" if key.account is None else f"urn:messagemedia:account:{quote(key.account, safe=_SAFE)}"


def _verify(read: ReadEvent, key: RSAPublicKey, digest: str) -> bool:
    if read.signed is None:
        return False
    try:
        key.verify(read.signature, read.signed.to_bytes(), PKCS1v15(), _HASHES[digest])
    except InvalidSignature:
        return False
    return True


def _keys_for(key_id: object, keys: Sequence[VerificationKey]) -> Sequence[VerificationKey]:
    """Return the named key; if no key has this id, the keys without an id; if no id is named, every key."""
    if key_id is None:
        return keys
    named = [key for key in keys if key.id is not None and key.id.lower() == str(key_id).lower()]
    return named or [key for key in keys if key.id is None]


def _parse_key(entry: object) -> VerificationKey | None:
    """Read one key; `None` if it is broken or not an RSA key."""
    if not isinstance(entry, dict):
        return None
    key_id, digest, cipher = (entry.get(name) for name in ("key_id", "digest", "cipher"))
    name = None if digest is None else _digest(digest)
    key = _parse_public_key(entry.get("public_key"))
    is_rsa = cipher is None or (isinstance(cipher, str) and cipher.upper() == "RSA")
    if key is None or not is_rsa or not isinstance(key_id, (str, type(None))) or (digest is not None and name is None):
        return None
    # A key that was never retired signed until it was deleted.
    end = entry.get("retired_at") if entry.get("retired_at") is not None else entry.get("deleted_at")
    retired_at = parse_time(end) if isinstance(end, str) else None
    account = None if entry.get("account") == "" else entry.get("account")
    if account is not None and not (isinstance(account, str) and _ACCOUNT.fullmatch(account)):
        return None
    return VerificationKey((key_id or "").strip(json_text.SPACE) or None, name, key, retired_at, account)


def _digest(value: object) -> str | None:
    match = re.fullmatch(r"SHA-?(224|256|512)", value, re.IGNORECASE | re.ASCII) if isinstance(value, str) else None
    return None if match is None else f"SHA{match[1]}"


def _parse_public_key(value: object) -> RSAPublicKey | None:
    """Read base64 DER or PEM, even if line breaks were changed when it was pasted."""
    if not isinstance(value, str):
        return None
    label, text = _unwrap_pem(value) or ("PUBLIC KEY", value)
    text = re.sub(rf"\\[nr]|[{json_text.SPACE}]", "", text)
    if label not in ("PUBLIC KEY", "RSA PUBLIC KEY") or not re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", text):
        return None
    bare = text.rstrip("=")
    bare = bare[: len(bare) - (len(bare) % 4 == 1)]
    der = base64.b64decode(bare + "=" * (-len(bare) % 4))
    # After the outer header, PKCS#1 begins with a number, and SPKI with a sequence.
    header, length = _der_header(der)
    if der[header : header + 1] != (b"\x02" if label == "RSA PUBLIC KEY" else b"\x30"):
        return None
    try:
        key = load_der_public_key(der[: header + length])
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, RSAPublicKey) else None


def _unwrap_pem(value: str) -> tuple[str, str] | None:
    begin = re.search(r"-----BEGIN ([A-Z ]+)-----", value)
    end = value.find("-----END", begin.end()) if begin else -1
    return (begin[1], value[begin.end() : end]) if begin and end != -1 else None


def _der_header(der: bytes) -> tuple[int, int]:
    """Return the length of the outer header, and the length that it gives for the rest."""
    first = der[1] if len(der) > 1 else 0
    more = first - 0x80 if first > 0x80 else 0  # noqa: PLR2004
    return 2 + more, int.from_bytes(der[2 : 2 + more], "big") if more else first
