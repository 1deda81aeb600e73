"""JSON as the receiver reads it: strict, of any depth, and with numbers of any length."""

import json
import re
from collections.abc import Callable
from json.decoder import scanstring
from typing import Any, Literal

Repeated = Literal["first", "last"]
"""Which of repeated names in an object counts."""

SPACE = "\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x200B)))
"""The receiver's white space. Python's white space has other characters, and lacks U+FEFF."""

# Python refuses to read more digits at once.
_MOST_DIGITS = 4_300

_SPACE = re.compile(r"[ \t\n\r]*")
_SCALAR = re.compile(r"true|false|null|-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORDS = {"true": True, "false": False, "null": None}


def loads(text: str, repeated: Repeated = "last") -> Any:  # noqa: ANN401
    """Parse JSON.

    :raises ValueError: when it is not JSON
    """
    pairs_to_object = first_of_repeated if repeated == "first" else dict
    try:
        return json.loads(text, object_pairs_hook=pairs_to_object, parse_int=_integer, parse_constant=_refuse)
    except RecursionError:
        return _loads_deep(text, pairs_to_object)


def first_of_repeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Keep the first of repeated names, as the receiver does, because a later one may be text that somebody typed."""
    first: dict[str, Any] = {}
    for name, value in pairs:
        first.setdefault(name, value)
    return first


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MOST_DIGITS else float(digits)


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is not JSON")


def _loads_deep(text: str, pairs_to_object: Callable[[list[tuple[str, Any]]], dict[str, Any]]) -> Any:  # noqa: ANN401
    """Parse without recursion. This is slower than the standard library, and is used only for deep nesting."""
    open_containers: list[list[Any]] = []
    names: list[str | None] = []
    at = _skip(text, 0)
    while True:
        opener = text[at : at + 1]
        if opener in ("{", "["):
            open_containers.append([])
            names.append(None)
            at = _skip(text, at + 1)
            if text[at : at + 1] != _closer(opener):
                if opener == "{":
                    names[-1], at = _name(text, at)
                names.append(opener)
                continue
            value, at = ({} if opener == "{" else []), at + 1
            open_containers.pop()
            names.pop()
        else:
            value, at = _scalar(text, at)
        # Put the value where it belongs, and close what ends with it.
        while True:
            at = _skip(text, at)
            if not open_containers:
                if at != len(text):
                    raise ValueError("there is more text after the JSON")
                return value
            opener, name = names[-1], names[-2]
            open_containers[-1].append((name, value) if opener == "{" else value)
            separator = text[at : at + 1]
            if separator == ",":
                at = _skip(text, at + 1)
                if opener == "{":
                    names[-2], at = _name(text, at)
                break
            if separator != _closer(opener):
                raise ValueError("a list or an object does not end")
            members = open_containers.pop()
            del names[-2:]
            value, at = (pairs_to_object(members) if opener == "{" else members), at + 1


def _closer(opener: str | None) -> str:
    return "}" if opener == "{" else "]"


def _name(text: str, at: int) -> tuple[str, int]:
    if text[at : at + 1] != '"':
        raise ValueError("a name is missing")
    name, at = scanstring(text, at + 1, True)
    at = _skip(text, at)
    if text[at : at + 1] != ":":
        raise ValueError("a colon is missing")
    return name, _skip(text, at + 1)


def _scalar(text: str, at: int) -> tuple[Any, int]:
    if text[at : at + 1] == '"':
        return scanstring(text, at + 1, True)
    match = _SCALAR.match(text, at)
    if match is None:
        raise ValueError("a value is missing")
    word = match[0]
    if word in _WORDS:
        return _WORDS[word], match.end()
    return (_integer(word) if match[1] is None and match[2] is None else float(word)), match.end()


def _skip(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return at if space is None else space.end()
