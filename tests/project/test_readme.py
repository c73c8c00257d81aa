"""What the README promises is what the code has; what is new has to be explained there."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from typing import Any, cast
from xml.etree import ElementTree

import pytest

from ossferry.errors import (
    ERROR_TYPES,
    ChildError,
    FerryError,
    SourceError,
    TargetError,
    Unfinished,
)
from ossferry.events.parse import parse
from ossferry.invocation.handover import HandOver
from ossferry.jobs import SweepJob, TransferJob
from ossferry.names import FOLDER, ObjectName
from ossferry.records.sweep import sweep
from ossferry.settings import Settings
from ossferry.source.expectations import Expectations
from ossferry.stop import Stop
from ossferry.transfer.reply import copied_reply
from ossferry.transfer.transfer import Copied, Phases, Transfer
from tests.localcloud.config import REPOSITORY
from tests.source.sources import info, job, source

_README = (REPOSITORY / "README.md").read_text("utf-8")
_EXAMPLES = {
    "max_children": 0,
    "streams": 1,
    "part_size": 1 << 20,
    "source_headers": {"Authorization": "x"},
    "expected_size": 1,
    "expected_crc64": "1",
    "expected_md5": "0" * 32,
    "content_type": "text/plain",
    "metadata": {"a": "b"},
    "storage_class": "IA",
    "overwrite": "never",
}


def _examples(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", _README, re.MULTILINE | re.DOTALL)


_TRANSFER, _SWEEP, _REPLY = (json.loads(text) for text in _examples("json"))


def test_event_of_the_readme_is_understood_with_every_field_of_its_table() -> None:
    """The example, with each optional field that the table has, is a transfer."""
    table = _README.split("an `InvalidEvent` that names the field.")[1].split("\n\n")[1]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(_EXAMPLES)
    assert isinstance(parse(_TRANSFER | _EXAMPLES, Settings()), TransferJob)


def test_every_field_of_a_transfer_is_in_the_readme() -> None:
    """A field that the code learns has to be explained."""
    inner = {"source", "target", "fallback"}
    names = {*(getattr(TransferJob, "_fields", None) or TransferJob.__dataclass_fields__)}
    assert names - inner == set(_EXAMPLES)


def test_sweep_of_the_readme_is_understood_with_the_default_it_states() -> None:
    """The example is a sweep, and its hours are those that it has without them."""
    sweeping = parse(_SWEEP, Settings())
    assert isinstance(sweeping, SweepJob)
    short = {name: value for name, value in _SWEEP.items() if name != "older_than_hours"}
    assert parse(short, Settings()) == sweeping


def _fields(reply: Any) -> Any:
    """Names of the fields at each level; the phases differ from transfer to transfer."""
    if not isinstance(reply, dict):
        return None
    return {name: _fields(value) for name, value in reply.items() if name != "seconds"}


def test_reply_of_the_readme_has_every_field_and_no_other() -> None:
    """Example and table name what a transfer answers, and what it may add."""
    expected = Expectations.of(job(), source())
    nobody = cast(Any, None)  # neither bucket nor cloud has a say in the reply
    transfer = Transfer(job(), source(), nobody, nobody, expected, Phases())
    reply = copied_reply(transfer, Copied(info(), []), warnings=["a sentence"])
    assert reply.pop("warnings")
    assert _fields(_REPLY) == _fields(reply)
    table = _README.split("## The reply")[1].split("| proof |")[0]
    assert all(f"`{name}`" in table for name in {*reply, *_REPLY["parts"], "known_by", "warnings"})


class _Elsewhere:
    """A cloud that takes the event for the next invocation, and whose buckets are empty."""

    request_id = "1-2-3"
    stop = Stop()

    def invoke_later(self, document: Mapping[str, object]) -> None:
        assert document["handover"] == [1, self.request_id, 0]

    def bucket(self, name: ObjectName) -> _Elsewhere:
        return self

    def names(self, prefix: str) -> list[tuple[str, float]]:
        return []


def test_replies_without_an_object_are_in_the_readme() -> None:
    """Each status has a row that names all that comes with it."""
    cloud = cast(Any, _Elsewhere())
    sweeping = cast(SweepJob, parse(_SWEEP, Settings()))
    handed_over = HandOver().go_on({}, cloud, Unfinished("", progress=True))
    for reply in (handed_over, sweep(sweeping, cloud)):
        (row,) = re.findall(rf"^\| `{reply['status']}` \|.*", _README, re.MULTILINE)
        assert all(f"`{name}`" in row for name in reply if name != "status")


_GROUPS = (FerryError, SourceError, TargetError, ChildError)  # never raised themselves


@pytest.mark.parametrize("name", sorted(ERROR_TYPES.keys() - {each.__name__ for each in _GROUPS}))
def test_every_error_is_in_the_readme(name: str) -> None:
    """Whoever gets an errorType finds it, and what to do, in the table."""
    table = _README.split("### Errors")[1].split("## How it works")[0]
    assert f"`{name}`" in table


@pytest.mark.parametrize("name", Settings._fields)
def test_every_setting_is_in_the_readme(name: str) -> None:
    """Each variable stands in the table of settings."""
    assert f"| `OSSFERRY_{name.upper()}` |" in _README


def test_lifecycle_rules_of_the_readme_are_for_uploads_and_our_own_folder() -> None:
    """What is pasted into a bucket parses, and deletes no object but ours."""
    (document,) = _examples("xml")
    rules = list(ElementTree.fromstring(document))
    assert [rule.findtext("Prefix") for rule in rules] == ["", FOLDER]
    assert [rule.find("Expiration") is not None for rule in rules] == [False, True]
    assert rules[0].findtext("AbortMultipartUpload/Days")


def test_tables_of_the_readme_are_rectangular() -> None:
    """A row with a cell too many or too few is cut off or empty where it is shown."""
    for table in re.findall(r"(?:^\|.*\|\n){2,}", _README, re.MULTILINE):
        assert len({row.count("|") for row in table.splitlines()}) == 1, table


def test_make_targets_of_the_readme_exist() -> None:
    """Each `make x` that the README speaks of is a target."""
    makefile = (REPOSITORY / "Makefile").read_text("utf-8")
    mentioned = set(re.findall(r"(?:`|^)make ([a-z]+)", _README, re.MULTILINE))
    assert {"demo", "test"} <= mentioned
    assert all(re.search(rf"^{name}:", makefile, re.MULTILINE) for name in mentioned)


def _logged() -> list[tuple[str, str, set[str]]]:
    """Event, level and fields of each line that the code writes."""
    found = []
    for path in (REPOSITORY / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Name(id="log" | "sample"),
                    args=[ast.Constant(value=str(event)), *rest],
                    keywords=fields,
                ):
                    level = rest[0].value if rest and isinstance(rest[0], ast.Constant) else "info"
                    found.append((event, str(level), {each.arg for each in fields if each.arg}))
    return found


def _events() -> dict[str, str]:
    """The row of each event."""
    table = _README.split("## Logs")[1].split("\n## ")[0]
    return {row.split("`")[1]: row for row in re.findall(r"^\| `.*", table, re.MULTILINE)}


def test_every_line_of_the_log_is_in_the_readme() -> None:
    """By its event, its level and its fields; and the README has no other."""
    rows = _events()
    assert {event for event, _, _ in _logged()} == rows.keys()
    for event, level, fields in _logged():
        assert f"| {level}" in rows[event]
        assert all(f"`{name}`" in rows[event] for name in fields), event


def test_queries_of_the_readme_ask_for_what_is_there() -> None:
    """Each path in a query is a field of the event that it searches for."""
    queries = _examples("sql")
    assert len(queries) == 3
    for query in queries:
        (event,) = re.findall(r'^message: "([a-z.]+)" \|$', query, re.MULTILINE)
        paths = re.findall(r"\$\.(\w+)", query)
        assert paths
        assert all(f"`{name}`" in _events()[event] for name in paths)
