"""What makes one item another one, for which the program is run again."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import pytest

from ossferry.copying.copy_job import Pin, SourceRef
from ossferry.errors import TargetRefused
from ossferry.jobs import ProgramJob
from ossferry.names import ObjectName
from ossferry.programs.description import Program
from ossferry.programs.output import Made
from ossferry.programs.record import Record, record_id
from ossferry.source.probe import Source
from ossferry.urls import Url

SOURCE = ObjectName("cn-hangzhou", "in-bucket", "in/a.mp4")
TARGET = ObjectName("cn-hangzhou", "out-bucket", "out/")


class Asked(NamedTuple):
    """As of one run."""

    job: ProgramJob = ProgramJob("upper", SOURCE, TARGET)
    program: Program = Program("upper", "/code/programs", "digest", command=("{program}/x",))
    pin: Pin = Pin(5, "etag", "then")
    parameters: tuple[tuple[str, str], ...] = (("a", "1"), ("b", "2"))

    @property
    def id(self) -> str:
        ref = SourceRef(Url("https://example.org/signed?Signature=anew"), {}, self.pin)
        source = Source(ref, splittable=True, headers={}, crc64=None)
        return record_id(self.job, self.program, source, dict(self.parameters))


ONE = Asked()


@pytest.mark.parametrize(
    "other",
    [
        ONE._replace(job=replace(ONE.job, source=SOURCE._replace(key="in/b.mp4"))),
        ONE._replace(job=replace(ONE.job, source=SOURCE._replace(bucket="other"))),
        ONE._replace(job=replace(ONE.job, target=TARGET._replace(key="out2/"))),
        ONE._replace(job=replace(ONE.job, target=TARGET._replace(bucket="other"))),
        ONE._replace(program=ONE.program._replace(name="lower")),
        ONE._replace(program=ONE.program._replace(digest="another")),
        ONE._replace(pin=Pin(5, "another", "then")),
        ONE._replace(pin=Pin(5, None, "then")),
        ONE._replace(pin=Pin(6, None, "then")),
        ONE._replace(parameters=(("a", "1"), ("b", "3"))),
        ONE._replace(parameters=(("a", "1"),)),
    ],
)
def test_whatever_outputs_follow_from_makes_it_another(other: Asked) -> None:
    """The description of the program, too: who changes it wants other outputs."""
    assert other.id != ONE.id


@pytest.mark.parametrize(
    "same",
    [
        Asked(),
        ONE._replace(parameters=(("b", "2"), ("a", "1"))),
        ONE._replace(job=replace(ONE.job, report=True)),
        ONE._replace(program=ONE.program._replace(folder="/elsewhere")),
        ONE._replace(pin=Pin(5, "etag", "later")),
    ],
)
def test_what_outputs_do_not_follow_from_does_not(same: Asked) -> None:
    """Where it is deployed, how it is asked for, in which order."""
    assert same.id == ONE.id


def test_a_record_is_read_as_it_was_written() -> None:
    """Also beyond what floating point numbers hold."""
    made = (Made("out/a", 5, 2**64 - 1, "etag"), Made("out/\u00e9", 0, 0, ""))
    record = Record("m", "upper", {"key": "in/a"}, str(TARGET), {"a": "1"}, made, {"run": 0.5})
    assert Record.decode(record.encode(), "x") == record


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"outputs": [{"key": "a"}]}', b"\xff"])
def test_what_is_no_record_is_said_to_be_none(text: bytes) -> None:
    """By its name, which is what has to be deleted."""
    with pytest.raises(TargetRefused, match="done/x is no record of a program: delete it"):
        Record.decode(text, "done/x")
