"""JSON with the standard library. What is nested too deep for it, or has a number that is too long, cannot be read."""

import json
from typing import Any, NoReturn

SPACE = "\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x200B)))
"""The receiver's white space. Python's white space has other characters, and lacks U+FEFF."""


class UnreadableJsonError(ValueError):
    """It may be JSON, but is too much for Python's parser."""


def loads(text: str, *, first: bool = False) -> Any:  # noqa: ANN401
    """Parse JSON. With `first` the first of repeated names counts, or else the last.

    :raises UnreadableJsonError: when it is too deep, or a number in it is too long
    :raises ValueError: when it is not JSON
    """
    try:
        return json.loads(text, object_pairs_hook=first_of_repeated if first else None, parse_constant=_refuse)
    except json.JSONDecodeError:
        raise
    except (RecursionError, ValueError):
        raise UnreadableJsonError from None


def first_of_repeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Keep the first of repeated names, as the receiver does, because a later one may be text that somebody typed."""
    first: dict[str, Any] = {}
    for name, value in pairs:
        first.setdefault(name, value)
    return first


def _refuse(word: str) -> NoReturn:
    raise json.JSONDecodeError(f"{word} is not JSON", word, 0)
