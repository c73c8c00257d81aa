"""Where in the order of keys the next page may end, judged by the keys of one page.

Keys are read as numbers whose digits are the characters that keys have at a place. A guess may be
wrong by any measure: it decides how fast a listing is, never what is in it.
"""

from __future__ import annotations

import string
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

_SAMPLES = 48
# Characters before and behind the first one in which the keys of a page differ.
_BEFORE, _BEHIND = 8, 8
# Of a page: one that is a little too short costs less than a rest that has to be asked for.
_SHARE = (9, 10)
_LONGEST = 1023  # bytes of a key

_DIGITS, _UPPER, _LOWER = string.digits, string.ascii_uppercase, string.ascii_lowercase


class Scale(NamedTuple):
    """Keys of a page in their order: how much of the space of keys a page takes."""

    keys: tuple[str, ...]


def scale_of(keys: Sequence[str]) -> Scale | None:
    """None if there are too few keys to tell."""
    if len(keys) < 2:
        return None
    step = max(1, len(keys) // _SAMPLES)
    return Scale((*keys[: len(keys) - 1 : step], keys[-1]))


def beyond(scale: Scale, prefix: str, start: str) -> str | None:
    """A key a little less than a page behind ``start``; None if there is no telling."""
    if not start.startswith(prefix):
        return None
    first, last = scale.keys[0], scale.keys[-1]
    differ = next(
        (at for at, pair in enumerate(zip(first, last, strict=False)) if len({*pair}) > 1),
        len(first),
    )
    begin, end = max(len(prefix), differ - _BEFORE), differ + _BEHIND
    fixed = start[:begin]
    digits = _alphabets([key[begin:end] for key in (*scale.keys, start)])
    distance = _number(last[begin:end], digits) - _number(first[begin:end], digits)
    number = _number(start[begin:end], digits) + distance * _SHARE[0] // _SHARE[1]
    tail = _spelt(number, digits)
    if tail is None or fixed + tail <= start or len((fixed + tail).encode()) > _LONGEST:
        return None
    return fixed + tail


def _alphabets(tails: list[str]) -> list[str]:
    """The characters for each place, in their order: more than were seen, if they look like it."""
    places = [{tail[at] for tail in tails if at < len(tail)} for at in range(max(map(len, tails)))]
    seen = set[str]().union(*places)
    mixed = any(_kinds(place) > {_DIGITS} for place in places)
    kinds = _kinds(seen)
    hexadecimal = mixed and all(char in string.hexdigits for char in seen if char.isalnum())
    return [
        "".join(sorted(_grown(place, kinds if mixed else set(), hexadecimal))) for place in places
    ]


def _kinds(chars: Iterable[str]) -> set[str]:
    return {kind for kind in (_DIGITS, _UPPER, _LOWER) if any(char in kind for char in chars)}


def _grown(place: set[str], others: set[str], hexadecimal: bool) -> set[str]:
    own = _kinds(place)
    grown = set().union(*own, *(others if own else ()))
    if hexadecimal:
        grown &= {*string.hexdigits}
    return grown | place


def _number(tail: str, digits: list[str]) -> int:
    number = 0
    for at, alphabet in enumerate(digits):
        digit = bisect_right(alphabet, tail[at]) - 1 if at < len(tail) else 0
        number = number * len(alphabet) + max(0, digit)
    return number


def _spelt(number: int, digits: list[str]) -> str | None:
    spelt = []
    for alphabet in reversed(digits):
        number, digit = divmod(number, len(alphabet))
        spelt.append(alphabet[digit])
    return None if number else "".join(reversed(spelt))
