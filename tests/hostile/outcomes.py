"""What may come of a dialogue, and the rows of the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.hostile.server import Request, Script


@dataclass(frozen=True)
class Stored:
    """The object has exactly this content.

    ``headers`` are compared with the object's; None means that it has none of that name.
    ``unknown_by`` are marks that the reply must not claim to have known the source by,
    ``proven_by`` and ``unproven_by`` proofs that it has to claim, and must not.
    """

    content: bytes
    status: str | None = None
    headers: Mapping[str, str | None] = field(default_factory=dict)
    unknown_by: tuple[str, ...] = ()
    proven_by: tuple[str, ...] = ()
    unproven_by: tuple[str, ...] = ()
    reused: bool = False

    def __str__(self) -> str:
        return f"{len(self.content)} bytes {self.content[:24]!r} with {dict(self.headers)}"


@dataclass(frozen=True)
class Refused:
    """An error of one of these types, and the object is what it was before.

    ``says`` is in its sentence, and nothing of ``hides`` is.
    """

    types: tuple[str, ...]
    says: str = ""
    hides: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " or ".join(self.types)


Outcome = Stored | Refused


def refused(*types: str) -> Refused:
    return Refused(types)


OUT_OF_TIME = ("OutOfTime", "Unfinished")
# It may pass: so it may be tried again until the time is over.
BROKEN_OFF = refused("SourceUnavailable", "SourceBusy", *OUT_OF_TIME)
# Not HTTP, or not what was asked for. Whether it may pass is a matter of taste.
NOT_HTTP = refused("SourceRefused", "RangeNotHonoured", *BROKEN_OFF.types)
CHANGED = refused("SourceChanged")
NOT_HONOURED = refused("SourceChanged", "RangeNotHonoured", "SourceRefused", *BROKEN_OFF.types)
FORBIDDEN = refused("SourceRefused")


@dataclass(frozen=True)
class Act:
    """One event, and its right outcomes."""

    outcomes: tuple[Outcome, ...]
    path: str = "/file"
    event: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """A dialogue: what the server plays, and what has to come of each event.

    ``at_most`` bounds the requests of an act, ``seconds`` is the timeout of the function;
    ``asks`` says whether a request is one that ossferry may send; ``scheme`` is for a server that
    does not speak what the URL says. ``leaves`` counts transfers that are kept for their
    own event, and that no other act goes on with.
    """

    name: str
    script: Script
    acts: tuple[Act, ...]
    tls: bool = False
    at_most: int = 40
    seconds: float = 20.0
    asks: Callable[[Request], bool] = lambda request: True
    scheme: str | None = None
    leaves: int = 0

    def __str__(self) -> str:
        return self.name


def row(
    name: str,
    script: Script,
    *outcomes: Outcome,
    path: str = "/file",
    event: Mapping[str, object] | None = None,
    tls: bool = False,
    at_most: int = 40,
    seconds: float = 20.0,
    asks: Callable[[Request], bool] = lambda request: True,
    scheme: str | None = None,
) -> Row:
    """A dialogue about one event."""
    act = Act(outcomes, path, event or {})
    return Row(name, script, (act,), tls, at_most, seconds, asks, scheme)
