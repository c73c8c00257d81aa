"""What the README promises is what the code has; what is new has to be explained there."""

from __future__ import annotations

import json
import re

import pytest

from ossferry.errors import ERROR_TYPES, FerryError
from ossferry.events import parse
from ossferry.jobs import TransferJob
from ossferry.settings import Settings
from tests.localcloud.config import REPOSITORY

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


def _first_event() -> dict[str, object]:
    document = json.loads(_README.split("```json")[1].split("```")[0])
    assert isinstance(document, dict)
    return document


def test_event_of_the_readme_is_understood_with_every_field_of_its_table() -> None:
    """The example, with each optional field that the table has, is a transfer."""
    table = _README.split("an `InvalidEvent` that names the field.")[1].split("\n\n")[1]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(_EXAMPLES)
    assert isinstance(parse(_first_event() | _EXAMPLES, Settings()), TransferJob)


def test_every_field_of_a_transfer_is_in_the_readme() -> None:
    """A field that the code learns has to be explained."""
    inner = {"source", "target", "fallback"}
    names = {*(getattr(TransferJob, "_fields", None) or TransferJob.__dataclass_fields__)}
    assert names - inner == set(_EXAMPLES)


def _leaves(root: type[FerryError]) -> list[str]:
    below = root.__subclasses__()
    return [name for each in below for name in _leaves(each)] or [root.__name__]


@pytest.mark.parametrize("name", sorted({*_leaves(FerryError), "ChecksumMismatch"}))
def test_every_error_is_in_the_readme(name: str) -> None:
    """Whoever gets an errorType finds it, and what to do, in the table."""
    assert name in ERROR_TYPES
    table = _README.split("### Errors")[1].split("## How it works")[0]
    assert f"`{name}`" in table


@pytest.mark.parametrize("name", Settings._fields)
def test_every_setting_is_in_the_readme(name: str) -> None:
    """Each variable stands in the table of settings."""
    assert f"| `OSSFERRY_{name.upper()}` |" in _README


def test_make_targets_of_the_readme_exist() -> None:
    """Each `make x` that the README speaks of is a target."""
    makefile = (REPOSITORY / "Makefile").read_text("utf-8")
    mentioned = set(re.findall(r"(?:`|^)make ([a-z]+)", _README, re.MULTILINE))
    assert {"demo", "test"} <= mentioned
    assert all(re.search(rf"^{name}:", makefile, re.MULTILINE) for name in mentioned)
