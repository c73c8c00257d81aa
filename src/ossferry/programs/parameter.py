"""What an event may choose of a program: its parameters, and which values they may have. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple


class Parameter(NamedTuple):
    """What an event may give: one of ``values``, or what the pattern or the bounds allow.

    One without ``default`` has to be given.
    """

    values: tuple[str, ...] = ()
    pattern: str | None = None
    least: int | None = None
    most: int | None = None
    default: str | None = None


def allows(parameter: Parameter, text: str) -> bool:
    """Whether a value may be given. One that begins with - may be taken for an option, so only a
    value that is listed, or a number in its bounds, may."""
    if parameter.values:
        return text in parameter.values
    if parameter.least is not None and parameter.most is not None:
        is_number = re.fullmatch(r"-?(0|[1-9][0-9]{0,15})", text) is not None
        return is_number and parameter.least <= int(text) <= parameter.most
    plain = is_plain(text) and not text.startswith("-")
    return plain and re.fullmatch(parameter.pattern or "", text) is not None


def allowed(parameter: Parameter) -> str:
    """What may be given, for a sentence."""
    if parameter.values:
        return f"one of {', '.join(parameter.values)}"
    if parameter.pattern is None:
        return f"a whole number from {parameter.least} to {parameter.most}"
    return f"a text like {parameter.pattern}, which does not begin with -"


def is_plain(value: object) -> bool:
    return isinstance(value, str) and re.search(r"[\x00-\x1f\x7f]", value) is None


def is_whole(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
