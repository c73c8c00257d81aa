"""Which rooms are mutated, and which tests are to notice, as data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

# Of these, generic mutants are made; those made by hand may be of any.
ROOMS = ("copying", "transfer", "oss", "http")
MOST_SURVIVORS = 0.10

# Beside the tests of a room: those above it that hold a promise of it. The dearest come last.
_BESIDE = {
    "copying": ("tests/hostile/test_dialogues.py",),
    "http": (
        "tests/copying/test_reader.py",
        "tests/copying/test_stream.py",
        "tests/hostile/test_dialogues.py",
    ),
    "oss": (
        "tests/small/test_one.py",
        "tests/records/test_record.py",
        "tests/transfer/test_inside_oss.py",
        "tests/records/test_leftovers.py",
    ),
    "apart": ("tests/e2e/programs/test_ended.py",),
    "bulk": ("tests/e2e/programs/test_many_then.py",),
    "gathered": (
        "tests/e2e/programs/test_gathered.py",
        "tests/e2e/programs/test_many_then.py",
    ),
    "invocation": (),
    "items": (),
    "ledger": (),
    "sharing": (),
    "small": ("tests/oss/test_direct.py", "tests/items/test_copy.py"),
    "thaw": (),
    "programs": (
        "tests/e2e/programs/test_done.py",
        "tests/e2e/programs/test_refused.py",
        "tests/e2e/programs/test_ended.py",
        "tests/e2e/programs/test_many.py",
    ),
    "pace": ("tests/spread/test_fanout.py",),
    "records": (),
    "source": (),
    "spread": (),
    "transfer": (
        "tests/hostile/test_dialogues.py",
        "tests/e2e/test_overwrite.py",
        "tests/e2e/test_expectations.py",
        "tests/e2e/test_sources.py",
    ),
    "depot": (),
    "events": (),
    "fc": (),
    "listing": (),
    "lists": (),
    "messages": (),
    "origins": (),
    "roles": (),
    "triggers": ("tests/events/test_program.py",),
    "": ("tests/records/test_sweep_allowed.py",),
}


def room_of(path: str) -> str:
    """The folder of a file, "" for a word."""
    return path.rpartition("/")[0]


def noticed_by(path: str, root: Path) -> list[str]:
    """The test files for a file of ``src/ossferry``, the nearest first."""
    return list(dict.fromkeys(_tests(path, root)))


def _tests(path: str, root: Path) -> Iterator[str]:
    room, name = room_of(path), Path(path).name
    folder = Path("tests") / room
    nearest = sorted((root / folder).glob(f"test_{Path(name).stem}*.py"))
    others = sorted((root / folder).glob("test_*.py")) if room else []
    yield from (str(test.relative_to(root)) for test in [*nearest, *others])
    yield from _BESIDE[room]
