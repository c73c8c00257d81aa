"""What a row of the fault table says, and the words to say it with.

A row is one transfer. ``faults`` are rules of the local cloud's fault language and ``source`` is
how its origin behaves; ``way`` says who copies. What a row does not say is checked for all of them
alike, by ``test_faults``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

PART = 1024 * 1024

# Who copies. With children, one child gets the first four parts and the coordinator the other
# four, with a stream for each.
Way = Literal["children", "alone", "front-to-back", "one-request"]
Rule = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """One transfer under faults.

    ``then`` is the status of the reply or the type of the error, ``says`` a word of its sentence.
    ``sent_again`` is whether parts were sent or sources opened again, ``hedged`` whether late ones
    were given to a second stream, ``invocations`` how many children were invoked, and
    ``child_failed`` whether one did not do all it was asked; None is either. ``untouched`` is
    whether an error leaves the old object as it was.
    """

    name: str
    faults: tuple[Rule, ...] = ()
    source: tuple[str, ...] = ()
    way: Way = "children"
    fields: Mapping[str, object] = field(default_factory=dict)
    then: str = "copied"
    says: str = ""
    sent_again: bool | None = None
    invocations: int | None = None
    child_failed: bool | None = None
    hedged: bool | None = None
    untouched: bool = True


def oss(operation: str, **what: object) -> tuple[Rule]:
    """Return a rule for requests to OSS about the object."""
    return ({"server": "oss", "operation": operation, **what},)


def part_1(**what: object) -> tuple[Rule]:
    """Return a rule for a part that a child copies, if there are children."""
    return oss("UploadPart", part=1, **what)


def part_8(**what: object) -> tuple[Rule]:
    """Return a rule for a part that the coordinator copies."""
    return oss("UploadPart", part=8, **what)


def child(**what: object) -> tuple[Rule]:
    """Return a rule for invocations of children."""
    return ({"server": "fc", "operation": "InvokeFunction", "key": "copy", **what},)


def origin(**what: object) -> tuple[Rule]:
    """Return a rule for requests to the source, of which the first is the probe."""
    return ({"server": "origin", "operation": "GET", **what},)
