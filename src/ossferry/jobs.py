"""What a person or a trigger asks of a coordinator, as values."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from .errors import InvalidEvent
from .names import ObjectName
from .origins.place import ForeignName
from .urls import Url

Overwrite = Literal["different", "always", "never"]
BulkOverwrite = Literal["different", "newer", "always", "never"]
Naming = Literal["name", "path", "host"]


class Above(NamedTuple):
    """So many objects, or bytes."""

    amount: int
    unit: Literal["objects", "bytes"]


@dataclass(frozen=True, slots=True)
class Thaw:
    """How archived sources are made readable: for so many days, as far as their class has that;
    ``tier`` is OSS's word for how fast. ``copies`` is whether they are copied then.

    ``direct_read``: what is archived is read as it is, where the bucket allows that.
    """

    days: int
    tier: str | None = None
    copies: bool = True
    direct_read: bool = False
    confirm_above: Above | None = None


@dataclass(frozen=True, slots=True)
class TransferJob:
    """One source to one object. ``None`` means: as the source, the plan or the settings say.

    ``expected_*`` are checked before the object becomes visible. ``fallback`` is done instead
    when the source does not exist. ``report``: it leaves one, whatever the settings say.
    """

    source: Url | ObjectName | ForeignName
    target: ObjectName
    part_size: int | None = None
    max_children: int | None = None
    streams: int | None = None
    source_headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    credentials: str | None = None  # of another cloud, or account, by their name in the settings
    expected_size: int | None = None
    expected_crc64: int | None = None
    expected_md5: str | None = None  # hex
    expected_content_type: str | None = None  # or of a kind, like image/*
    content_type: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    storage_class: str | None = None
    tagging: str | None = None  # as the header x-oss-tagging has it
    overwrite: Overwrite = "different"
    direct_read: bool = False  # pay for reading what is archived and not restored
    thaw: Thaw | None = None  # restore it first
    fallback: TransferJob | None = None
    report: bool = False

    @property
    def id(self) -> str:
        """Tells what all invocations log about it: the same also if its URL is signed anew."""
        return hashlib.sha256(f"{self.target}\n{self.source}".encode()).hexdigest()[:12]

    @property
    def shown(self) -> str:
        """The source, without what may be secret."""
        return self.source.redacted if isinstance(self.source, Url) else str(self.source)

    @property
    def hides_some(self) -> bool:
        """Whether what is shown of the source is less than what it takes to read it."""
        return isinstance(self.source, Url) and self.source.reveal() != self.source.redacted


@dataclass(frozen=True, slots=True)
class SweepJob:
    """Remove what transfers into a bucket left behind; ``older_than`` is in seconds.

    Of ``target`` only region and bucket matter.
    """

    target: ObjectName
    older_than: float


@dataclass(frozen=True, slots=True)
class Selection:
    """Which objects below a prefix are wanted; bytes, and moments in epoch seconds."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    min_size: int | None = None
    max_size: int | None = None
    modified_after: float | None = None
    modified_before: float | None = None


class ProgramCall(NamedTuple):
    """A program by its name, and what an event gives for its parameters."""

    name: str
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BulkJob:
    """Many items in one job: those of a ``list``, or the objects below the key of ``source``, or
    ``items`` of the event itself. ``thaw``: archived sources are restored.

    ``elsewhere`` are the fields of items in other clouds that do not have them themselves: where
    these are, and by what credentials they are read.

    The key of ``target`` is what goes before each item's own. ``common`` are fields of a transfer
    that hold for each item. ``fail_above`` is how many failed items, or which share of all of them,
    make the invocation an error. ``wants`` something else than to be done: only ``id`` counts then.

    ``program``: items are not copied, but given to it, and what it makes of them goes below
    ``target``. ``then`` is what its description says, if the event does not.
    """

    target: ObjectName
    list: Url | ObjectName | ForeignName | None = None
    source: ObjectName | ForeignName | None = None
    items: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    source_region: str = ""  # of objects that a list names
    id: str | None = None
    wants: Literal["copy", "again", "stop", "status"] = "copy"
    selection: Selection = Selection()
    overwrite: BulkOverwrite = "different"
    naming: Naming | None = None
    strict: bool = False
    dry_run: bool = False
    fail_above: int | float | None = None
    max_children: int | None = None
    thaw: Thaw | None = None
    common: Mapping[str, Any] = field(default_factory=dict, repr=False)
    elsewhere: Mapping[str, str] = field(default_factory=dict, repr=False)
    report: bool = field(default=False, repr=False)  # nor is it part of what is asked
    program: ProgramCall | None = field(default=None, repr=False)
    then: Then | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class WakeJob:
    """Go on with a job that waited until now: the one with this ``id``, or all that are due.

    ``sent`` is when that was asked for, on OSS's clock, ``delay`` the seconds that it was to take
    to arrive, ``hop`` the how many-eth it is in a row. Of ``target`` only region and bucket matter.
    """

    target: ObjectName
    id: str | None = None
    sent: float = 0.0
    delay: float = 0.0
    hop: int = 0


class Then(NamedTuple):
    """One more program, over the outputs of so many items, as soon as there are ``when`` that none
    of it was over yet; None is all of a job's. ``max_wait`` is how many seconds an item waits for
    others at the most. The key of ``target`` is what goes before those of its outputs.
    """

    program: str
    when: int | None
    target: ObjectName
    max_wait: float | None = None
    parameters: Mapping[str, str] = {}

    def to_json(self) -> dict[str, Any]:
        """As an event has it."""
        given = {
            "program": self.program,
            "when": self.when or "all",
            "target": str(self.target),
            "target_region": self.target.region,
            "parameters": dict(self.parameters),
        }
        return given if self.max_wait is None else {**given, "max_wait": round(self.max_wait)}


@dataclass(frozen=True, slots=True)
class ProgramJob:
    """A program that is deployed, over one object.

    The key of ``target`` is what goes before those of its outputs. ``parameters`` are as the event
    has them; what they may be, the program's description says. ``otherwise`` is the object if there
    is no ``source``. ``then`` is what its description says, if the event does not. ``report``: the
    reply, or the error, is kept in the target's bucket.
    """

    program: str
    source: ObjectName
    target: ObjectName
    parameters: Mapping[str, str] = field(default_factory=dict)
    otherwise: ObjectName | None = None
    then: Then | None = None
    report: bool = False


@dataclass(frozen=True, slots=True)
class AloneJob:
    """A program that is deployed, over nothing; without a ``target`` it leaves no outputs."""

    program: str
    target: ObjectName | None
    parameters: Mapping[str, str] = field(default_factory=dict)
    report: bool = False


@dataclass(frozen=True, slots=True)
class FlushJob:
    """Let a program's ``then`` begin with what there is; the fields are those of a ``ProgramJob``
    whose outputs it waits for."""

    program: str
    target: ObjectName
    parameters: Mapping[str, str] = field(default_factory=dict)
    then: Then | None = None
    report: bool = False


@dataclass(frozen=True, slots=True)
class GatherJob:
    """What ossferry asks of itself: the program of a group over one ``batch`` of it, or without one
    to look whether any is due. Of ``target`` only region and bucket matter: the group lies there.
    """

    target: ObjectName
    group: str
    batch: int | None = None


# What one message may ask for.
Job = TransferJob | SweepJob | BulkJob | WakeJob | ProgramJob | AloneJob | FlushJob | GatherJob


@dataclass(frozen=True, slots=True)
class Message:
    """One of a batch: what it asks for, or why that cannot be done.

    ``document`` is an event that asks for just this, from what came in; it may hold secrets.
    ``index`` is its place among all messages of the event, from 0.
    """

    job: Job | InvalidEvent
    document: Mapping[str, Any] = field(repr=False)
    index: int = 0

    @property
    def key(self) -> str | None:
        """That of its target, as far as it names one."""
        if isinstance(self.job, InvalidEvent):
            named = self.document.get("target_object_name")
            return named[:1023] if isinstance(named, str) else None
        return (self.job.target and self.job.target.key) or None


def as_event(document: Mapping[str, object]) -> bytes:
    """As it is sent; half of a surrogate pair becomes the escape that JSON has for it."""
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "backslashreplace")


@dataclass(frozen=True, slots=True)
class BatchJob:
    """What one event asks for, in its order; ``ignored`` counts what in it asks for nothing."""

    messages: tuple[Message, ...]
    ignored: int = 0

    @property
    def target(self) -> ObjectName | None:
        """That of the first that has one; those of a trigger on OSS all have the same bucket."""
        return next(iter(self.targets), None)

    @property
    def targets(self) -> tuple[ObjectName, ...]:
        """Of all that have one, in their order."""
        jobs = (each.job for each in self.messages if not isinstance(each.job, InvalidEvent))
        return tuple(job.target for job in jobs if job.target is not None)
