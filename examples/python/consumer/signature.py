"""Checks the signature of a queued event again, from the message and a keyring alone."""

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from consumer.queued_event import ReadEvent

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


def parse_keyring(secret: str) -> list[VerificationKey]:
    """Read a keyring secret: `{"keys":[…]}`, one answer of MessageMedia's create-key call, or a bare public key.

    :raises ValueError: when it is none of these, or one of its keys is no RSA public key
    """
    text = secret.strip()
    parsed = json.loads(text) if text.startswith("{") else {"public_key": text}
    return [_parse_key(entry) for entry in parsed.get("keys", [parsed])]


def reverify(read: ReadEvent, keys: Sequence[VerificationKey]) -> bool:
    """Check the signature, which covers the data, the request line and the date, and no other attribute."""
    digest = str(read.event.get_extension("mmdigest"))
    return digest in _HASHES and any(
        _verify(read, key.key, digest)
        for key in _keys_for(read.event.get_extension("mmkeyid"), keys)
        if key.digest in (None, digest)
    )


def _verify(read: ReadEvent, key: RSAPublicKey, digest: str) -> bool:
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


def _parse_key(entry: dict[str, Any]) -> VerificationKey:
    der = re.sub(r"-----[A-Z ]+-----|\s", "", entry["public_key"])
    key = load_der_public_key(base64.b64decode(der))
    if not isinstance(key, RSAPublicKey):
        raise ValueError("the keyring holds a key that is not RSA")
    digest = entry.get("digest")
    return VerificationKey(entry.get("key_id") or None, digest and digest.upper().replace("-", ""), key)
