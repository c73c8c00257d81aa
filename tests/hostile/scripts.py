"""Scripts that others are made of. A script is a pure function of the request."""

from __future__ import annotations

from tests.hostile.server import End, Request, Script, Step
from tests.hostile.spelling import File, sized

Sayable = Script | Step


def said(what: Sayable, request: Request) -> list[Step]:
    """The steps that a script, or a single step, means for a request."""
    return list(what(request)) if callable(what) else [what]


def always(*steps: Sayable) -> Script:
    """The same, whatever is asked."""
    return lambda request: [step for each in steps for step in said(each, request)]


def in_turn(*each: Sayable, rest: Sayable) -> Script:
    """One after another within an act, then ``rest``."""
    return lambda request: said(
        each[request.number - 1] if request.number <= len(each) else rest, request
    )


def acts(*each: Sayable) -> Script:
    """One script for each act."""
    return lambda request: said(each[request.act - 1], request)


def ranges(file: File) -> Script:
    """A server that honours ranges."""
    return lambda request: [file.part(request.range) if request.range else file.whole]


def wholes(file: File) -> Script:
    """A server that knows no ranges."""
    return always(file.whole)


def look_then(look: Sayable, read: Sayable, plain: Sayable | None = None) -> Script:
    """By what is asked: the first byte, another range, or everything."""

    def script(request: Request) -> list[Step]:
        if request.range is None:
            return said(read if plain is None else plain, request)
        return said(look if request.range == (0, 1) else read, request)

    return script


def by_offset(boundary: int, below: Sayable, above: Sayable, plain: Sayable) -> Script:
    """By where a range begins; ``plain`` is for requests without one."""

    def script(request: Request) -> list[Step]:
        if request.range is None:
            return said(plain, request)
        return said(below if request.range[0] < boundary else above, request)

    return script


def by_target(**each: Sayable) -> Script:
    """By the first word in the path or query; what is not named is not there."""

    def script(request: Request) -> list[Step]:
        for word, what in each.items():
            if word in request.target:
                return said(what, request)
        return [sized("404 Not Found", b"")]

    return script


def cut_short(file: File, after: int, end: End = End.FIN) -> Script:
    """A good head, and no more than so many bytes of the body."""

    def script(request: Request) -> list[Step]:
        if request.range is None:
            return [file.whole_head + file.content[:after], end]
        body = file.slice(request.range)
        if len(body) == 1:
            return [file.part(request.range)]  # a look at the first byte is not worth cutting
        return [file.part_head(request.range) + body[:after], end]

    return script
