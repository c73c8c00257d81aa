"""What a mutant is, that the tables still fit the code, and that a trial tells right from wrong."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

from tests.mutation import by_hand, explained
from tests.mutation.__main__ import generic, made_by_hand, summary, too_many
from tests.mutation.by_hand.row import ByHand
from tests.mutation.mutants import mutants, replaced
from tests.mutation.rooms import ROOMS, noticed_by, room_of
from tests.mutation.trial import PACKAGE, ROOT

KEYS = {mutant.key for room in ROOMS for mutant in generic(room)}
KEYS |= {made_by_hand(row).key for row in by_hand.ROWS}


def changes(body: str) -> set[str]:
    """The mutants of one line in a function, without what is around it."""
    found = mutants("a.py", f"def f(a, b):\n    {body}\n")
    return {mutant.after for mutant in found}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("return a == b", {"return a != b"}),
        ("return a < b", {"return a <= b", "return a >= b"}),
        ("return a and (b or f)", {"return a or (b or f)", "return a and (b and f)"}),
        ("return a is not b", {"return a is b"}),
        ("return not (a in b)", {"return (a in b)", "return not (a not in b)"}),
        ("return (a) - (b)", {"return (a) + (b)"}),
        ("a.drop(b)", {"pass"}),
        ("return True", {"return False"}),
        ("return b[4:]", {"return b[5:]"}),
        ('return a["ETag"]', {"return a['ETag~']"}),
        ("if a: return", {"if not (a): return"}),
        ('return "ä" if a is b else b', {'return "ä" if a is not b else b'}),
    ],
)
def test_a_mutant_is_one_small_change(line: str, expected: set[str]) -> None:
    """Wherever parentheses and letters of several bytes stand."""
    assert changes(line) == expected


@pytest.mark.parametrize(
    "line",
    ['raise ValueError(f"{a + 1} is wrong")', 'log("a.b", x=1)', '"""Says 1 + 1."""', "pass"],
)
def test_what_only_tells_is_left_alone(line: str) -> None:
    """Nobody tests words."""
    assert changes(line) == set()


def test_a_mutant_of_the_code_is_other_code() -> None:
    """One that cannot be imported would be noticed by no merit of the tests."""
    for room in ROOMS:
        for mutant in generic(room)[::20]:
            original = (ROOT / PACKAGE / mutant.path).read_text(encoding="utf-8")
            assert ast.dump(ast.parse(mutant.text)) != ast.dump(ast.parse(original))


def test_a_change_by_hand_is_of_one_place() -> None:
    """Which is told by the line that it is on."""
    assert replaced("a.py", "a = 1\nb = 2\n", "b = 2", "b = 3").line == 2
    for source in ("a = 1\n", "b = 2\nb = 2\n"):
        with pytest.raises(ValueError, match="times"):
            replaced("a.py", source, "b = 2", "b = 3")


def test_equal_changes_of_different_lines_are_told_apart() -> None:
    """An explanation of the one excuses nothing else."""
    found = mutants("a.py", "def f():\n    g()\n    g()\n")
    assert [(mutant.line, mutant.nth) for mutant in found] == [(2, 1), (3, 2)]


@pytest.mark.parametrize("row", by_hand.ROWS, ids=lambda row: f"{row.path} forgets {row.forgets}")
def test_a_row_by_hand_fits_the_code(row: ByHand) -> None:
    """Code that changes takes its row along."""
    assert ast.parse(made_by_hand(row).text)


@pytest.mark.parametrize("row", explained.ROWS, ids=lambda row: f"{row.path}: {row.after}")
def test_an_explained_survivor_is_a_mutant(row: explained.Explained) -> None:
    """An explanation of code that is gone explains nothing."""
    assert (row.path, row.before, row.after, row.nth) in KEYS
    assert row.why


def test_every_mutant_has_tests() -> None:
    """Files that exist, those of its own name first."""
    paths = {
        f"{room}/{path.name}" for room in ROOMS for path in (ROOT / PACKAGE / room).glob("*.py")
    }
    for path in sorted(paths | {row.path for row in by_hand.ROWS}):
        tests = noticed_by(path, ROOT)
        assert tests
        assert all((ROOT / test).is_file() for test in tests)
        assert len(tests) == len(set(tests))
        if room_of(path) and (ROOT / "tests" / room_of(path) / f"test_{Path(path).name}").is_file():
            assert tests[0].startswith(f"tests/{path.replace('/', '/test_').removesuffix('.py')}")


@pytest.mark.parametrize(("survivors", "bad"), [(1, False), (2, True)])
def test_more_than_a_tenth_is_too_many(survivors: int, bad: bool) -> None:
    """Of one room, however well the others do."""
    tried, survived = Counter(http=100, oss=10), Counter(oss=survivors)
    assert too_many(tried, survived) is bad
    said = summary(tried, survived, 112, 60)
    assert f"{survivors} of  10 survived: {survivors}0.0%" in said
    assert said.endswith("There was no time for 2.")
