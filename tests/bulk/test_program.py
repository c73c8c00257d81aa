"""What a program is given of a prefix."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from ossferry.bulk.program import Stems, made_of, to_program
from ossferry.entries import Entry
from ossferry.items.row import Row
from ossferry.jobs import BulkJob, ProgramCall, Selection
from ossferry.ledger.head import Cursor
from ossferry.names import ObjectName
from ossferry.programs.description import Program
from ossferry.programs.naming import split_key
from ossferry.sharing.supplied import Supplied

SOURCE = ObjectName("cn-hangzhou", "media", "in/")
JOB = BulkJob(
    ObjectName("cn-hangzhou", "media", "out/"),
    source=SOURCE,
    selection=Selection(exclude=("x*",)),
    overwrite="always",
    program=ProgramCall("p", {}),
)
BEGIN = Cursor()
PROGRAM = Program("p", "/code/programs", "", inputs=("*.txt", "*.md"))


def given_to(
    names: Iterable[str], program: Program = PROGRAM, after: Cursor = BEGIN
) -> list[Supplied]:
    entries = (Entry(f"in/{name}", 5, "e", 0.0) for name in sorted(names))
    return [*to_program(SOURCE, entries, program, JOB, after)]


def test_what_it_is_for_is_given_to_it() -> None:
    """Neither what its description nor what the event leaves out, nor folders."""
    found = given_to(["a.txt", "b/", "b/c.md", "b/d.bin", "x.txt"])
    assert [each.item and dict(each.item.event) for each in found] == [
        {
            "source_url": f"oss://media/in/{name}",
            "target_object_name": f"out/{name}",
            "source_region": "cn-hangzhou",
        }
        for name in ("a.txt", "b/c.md")
    ]
    assert [each.cursor for each in found] == [Cursor(1, "in/a.txt"), Cursor(2, "in/b/c.md")]


def test_a_list_must_not_have_two_of_one_stem() -> None:
    """Of those that the program is for, and unless their outputs have the suffix."""
    made = made_of(PROGRAM, JOB)
    assert made("out/b/a.txt") == made("out/b/a.md") == "out/b/a"
    assert made("out/a.bin") == "out/a.bin"
    for other in (None, PROGRAM._replace(outputs="{stem}{suffix}/{name}")):
        assert made_of(other, JOB)("out/b/a.txt") == "out/b/a.txt"


def test_what_is_archived_fails_without_being_asked_for() -> None:
    """As where it would be copied."""
    entries = iter([Entry("in/a.txt", 5, "e", 0.0, "Archive")])
    (only,) = to_program(SOURCE, entries, PROGRAM, JOB, Cursor())
    assert not only.item
    assert cast(Row, only.content)["error_type"] == "SourceArchived"


def test_outputs_of_two_get_no_common_names() -> None:
    """The second fails; unless the suffix is a part of them."""
    names = ["a.md", "a.txt", "b/a.md", "a-b.md"]
    found = given_to(names)
    (row,) = [cast(Row, each.content) for each in found if not each.item]
    assert row["source"] == "oss://media/in/a.txt"
    assert "in/a.md: put {suffix}" in row["error"]
    told_apart = PROGRAM._replace(outputs="{stem}{suffix}/{name}")
    assert all(each.item for each in given_to(names, told_apart))


def test_who_goes_on_knows_the_one_before() -> None:
    """By the cursor."""
    (only,) = given_to(["a.txt"], after=Cursor(1, "in/a.md"))
    assert not only.item


@given(st.sets(st.text("ab./-", min_size=1, max_size=6)))
def test_a_listing_shows_all_that_are_alike(names: set[str]) -> None:
    """In whatever order what is between them comes."""
    stems, seen = Stems(PROGRAM, ""), dict[str, str]()
    for name in sorted(names):
        folder, slash, _ = name.rpartition("/")
        stem = f"{folder}{slash}{split_key(name)[0]}"
        if name.rpartition("/")[2] not in ("", ".", ".."):
            assert stems.first(name) == seen.get(stem, "")
            seen.setdefault(stem, name)
