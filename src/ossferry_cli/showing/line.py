"""A progress in one line of words, and an end in one sentence. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .. import words
from ..watching.look import Ended
from ..watching.progress import Progress

_SOON = 0.5  # seconds; below that nobody waits


def line_of(progress: Progress) -> str:
    return ", ".join(_pieces(progress))


def _pieces(progress: Progress) -> Iterator[str]:
    look = progress.look
    if look.waiting:
        yield f"waiting for {words.several(look.waiting, 'object')} to be restored"
    elif look.state not in ("Running", "Waiting"):
        yield look.state
    if look.items is None:
        yield from _of_one(progress)
    else:
        yield from _of_many(progress)
    if progress.seconds_left is not None and progress.seconds_left > _SOON:
        yield f"{words.duration(progress.seconds_left)} left"
    if look.retried:
        yield f"retry {look.retried}"


def _of_one(progress: Progress) -> Iterator[str]:
    look = progress.look
    if look.total is not None:
        yield f"{words.size(progress.done)} of {words.size(look.total)}"
    elif progress.done:
        yield words.size(progress.done)
    elif look.state == "Running":
        yield look.phase or "looking at the source"
    if progress.fraction is not None:
        yield percent(progress.fraction)
    if progress.rate:
        yield f"{words.size(progress.rate)}/s"
    if look.parts:
        yield words.several(look.parts, "part")
    if look.children:
        yield words.several(look.children, "child", "children")


def _of_many(progress: Progress) -> Iterator[str]:
    look = progress.look
    if look.of is None:
        yield f"{words.several(progress.items, 'item')} so far"
    else:
        yield f"{progress.items:,} of {words.several(look.of, 'item')}"
    if progress.fraction is not None:
        yield percent(progress.fraction)
    if progress.done:
        yield words.size(progress.done)
    if progress.item_rate:
        yield f"{progress.item_rate:,.3g} items/s"
    if look.failed:
        yield f"{look.failed:,} failed"


def percent(fraction: float) -> str:
    """Only what is whole is 100 %."""
    return f"{min(99, int(fraction * 100)) if fraction < 1 else 100} %"


def end_of(ended: Ended, what: str) -> str:
    """For stdout: how it ended, and how much it was."""
    reply = ended.reply
    found = reply.get("object")
    if isinstance(found, Mapping):
        said = [words.size(int(found.get("size") or 0)), *_took(reply)]
        return f"{ended.status}: oss://{found.get('bucket')}/{found.get('key')}, {', '.join(said)}"
    if "items" in reply:
        return f"{ended.status}: {', '.join(_counts(reply))}"
    return f"{ended.status}: {', '.join(_of_program(reply)) or what}"


def _of_program(reply: Mapping[str, Any]) -> Iterator[str]:
    """What it made, and what was gathered of that."""
    outputs = reply.get("outputs")
    if isinstance(outputs, Mapping):
        made = list(outputs.get("objects") or ())
        if len(made) == outputs.get("count") == 1:
            yield f"oss://{outputs.get('bucket')}/{made[0].get('key')}"
        else:
            count = words.several(int(outputs.get("count") or 0), "output")
            yield f"{count} in oss://{outputs.get('bucket')}"
        yield words.size(int(outputs.get("size") or 0))
        yield from _took(reply)
    yield from _gathered(reply.get("then") or reply)


def _gathered(then: object) -> Iterator[str]:
    """Of what ``then`` does; a job tells of no single batches."""
    if not isinstance(then, Mapping) or "group" not in then:
        return
    batches = then.get("batches")
    if isinstance(batches, list | tuple) and batches:
        yield f"batch {', '.join(map(str, batches))} of {then['group']} submitted"
    if then.get("waiting"):
        yield f"{int(then['waiting']):,} waiting for more"


def _took(reply: Mapping[str, Any]) -> Iterator[str]:
    seconds = reply.get("seconds")
    total = seconds.get("total") if isinstance(seconds, Mapping) else seconds
    if isinstance(total, int | float):
        yield words.duration(float(total))


def _counts(reply: Mapping[str, Any]) -> Iterator[str]:
    yield words.several(int(reply["items"]), "item")
    outcomes = (
        *("copy", "look", "run", "copied", "restored", "done", "unchanged", "skipped"),
        *("failed", "waiting"),
    )
    for name in outcomes:
        if reply.get(name):
            yield f"{int(reply[name]):,} {name}"
    if reply.get("bytes"):
        yield words.size(int(reply["bytes"]))
    yield from _took(reply)
    yield from _gathered(reply.get("then"))
