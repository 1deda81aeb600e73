"""Caches the keys of the keyring in Secrets Manager."""

import math
import time
from collections.abc import Callable, Sequence

import boto3

from consumer.clients import LIMITS
from consumer.signature import VerificationKey, parse_keyring

# How long keys are used before the secret is read again.
_CACHE_SECONDS = 5 * 60
# Least time between two tries that events can cause, and while the secret cannot be read.
_REFRESH_SECONDS = 3


Warn = Callable[[str, Exception], None]


class Keyring:
    """The keys. They are at most five minutes old while the secret can be read, and of any age while it cannot."""

    def __init__(self, secret_id: str, warn: Warn) -> None:
        self._secret_id = secret_id
        self._client = boto3.client("secretsmanager", config=LIMITS)
        self._warn = warn
        self._secret: str | None = None
        self._keys: Sequence[VerificationKey] | None = None
        self._loaded_at = self._failed_at = self._provoked_at = -math.inf

    def keys(self) -> Sequence[VerificationKey]:
        """Return the keys.

        :raises Exception: when no keys are loaded and none can be loaded
        """
        now = time.time()
        is_fresh = now - self._loaded_at < _CACHE_SECONDS or now - self._failed_at < _REFRESH_SECONDS
        return self._keys if self._keys is not None and is_fresh else self._refresh()

    def newer_than(self, seen: Sequence[VerificationKey]) -> Sequence[VerificationKey] | None:
        """Return newer keys, or `None` if there are none or the keyring was refreshed moments ago."""
        if time.time() - max(self._provoked_at, self._failed_at) < _REFRESH_SECONDS:
            return None
        self._provoked_at = time.time()
        keys = self._refresh()
        return None if keys is seen else keys

    def _refresh(self) -> Sequence[VerificationKey]:
        try:
            secret = str(self._client.get_secret_value(SecretId=self._secret_id).get("SecretString", ""))
            # Unchanged keys stay the same object, so that an event is not verified twice with them.
            if secret != self._secret:
                self._keys = parse_keyring(secret)
                self._secret = secret
            self._loaded_at = time.time()
        except Exception as error:
            self._failed_at = time.time()
            if self._keys is None:
                self._warn("cannot read the keyring", error)
                raise
            self._warn("cannot read the keyring: using the keys that are loaded", error)
        return self._keys or []
