"""What a plan warns of: each is one sentence that says what to do. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from .. import words
from .many import Many

# Of what is left of a signature, a forecast has to leave that much: it is a forecast.
_SURE = 0.8


def of_one(
    *,
    splittable: bool,
    size: int | None,
    known_by: list[str],
    seconds: float | None,
    signed_for: float | None,
    timeout: float,
) -> Iterator[str]:
    """``signed_for`` is how long the URL still works, in seconds."""
    if signed_for is not None and signed_for <= 0:
        yield "the URL has expired: sign it anew"
    elif signed_for is not None and seconds is not None and seconds > signed_for * _SURE:
        left, takes = words.duration(signed_for), words.duration(seconds)
        yield f"the URL expires in {left}, this takes about {takes}: sign it for longer"
    if size is None:
        yield "the source does not say its size: what it takes is not known"
    if not splittable:
        yield (
            "the source cannot be split: one connection copies it, from the beginning if that"
            " breaks; use another URL of it, if there is one that knows ranges and has an ETag or"
            " a date"
        )
    elif known_by == ["size"]:
        yield "the source gives neither an ETag nor a date, so changes may go unseen"
    if seconds is not None and seconds > timeout * _SURE:
        takes, has = words.duration(seconds), words.duration(timeout)
        if splittable:
            yield (
                f"it takes about {takes}, and the function has {has}: it hands over to further"
                " invocations, which go on with what is done"
            )
        else:
            yield (
                f"it takes about {takes} in one piece, and the function has {has}: raise its"
                " timeout (s.yaml), or it may never be done"
            )


def of_many(many: Many, *, thaws: bool) -> Iterator[str]:
    if not many.items:
        yield "there is nothing to do: look at the prefix, the patterns or the list"
    if many.unreadable:
        yield f"{words.several(many.unreadable, 'row')} of the list cannot be read, and would fail"
    if many.unknown:
        yield f"of {words.several(many.unknown, 'item')} the size is not known"
    if many.elsewhere:
        yield (
            f"{words.several(many.elsewhere, 'object')} may fail, because they are archived:"
            " restore them in their own cloud first"
        )
    if many.frozen and not thaws:
        yield (
            f"{words.several(many.frozen, 'object')} would fail, because they are archived: add"
            " --thaw"
        )
