"""What the bench tells: steps while it runs, and in the end what was wanted and not reached."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from rich.console import Console

from tests.bench import topics
from tests.bench.figures import Figure, Series, Wanted
from tests.bench.progress import told
from tests.bench.report import save, show


def figure(
    ours: float, wanted: Wanted | None, reference: float | None = None, what: str = "speed"
) -> Figure:
    beside = None if reference is None else Series.of("theirs", [reference])
    return Figure("copy path", what, "s", Series.of("ours", [ours]), beside, wanted)


def shown(*figures: Figure) -> list[str]:
    show(figures, Console(file=(file := io.StringIO()), width=150))
    return file.getvalue().splitlines()


@pytest.mark.parametrize(
    ("wanted", "median", "met"),
    [
        (Wanted("<", 1), 0.9, True),
        (Wanted("<", 1), 1.0, False),
        (Wanted("<=", 1), 1.0, True),
        (Wanted("<=", 1), 1.1, False),
        (Wanted(">=", 600), 600.0, True),
        (Wanted(">=", 600), 599.9, False),
    ],
)
def test_figure_is_judged_by_its_median(wanted: Wanted, median: float, met: bool) -> None:
    """At the bound, what the sign says; the reference plays no part."""
    assert figure(median, wanted, reference=1000.0).met is met


@pytest.mark.parametrize(("reference", "met"), [(10.0, True), (5.0, False), (0.0, None)])
def test_ratio_is_judged_where_there_is_one(reference: float, met: bool | None) -> None:
    """What cannot be divided is neither met nor missed."""
    assert figure(1.0, Wanted("<=", 0.17, of="ratio"), reference).met is met


def test_failure_meets_nothing_that_was_wanted() -> None:
    """Its seconds say only how soon it failed."""
    assert replace(figure(0.1, Wanted("<", 1)), failed=True).met is False
    assert replace(figure(0.1, None), failed=True).met is None


def test_figure_without_an_aim_is_not_judged() -> None:
    """Most figures only inform."""
    assert figure(1.0, None, 1.0).met is None


def test_table_marks_what_was_met_and_what_was_missed() -> None:
    """Each line has what was wanted and a mark beside it."""
    lines = shown(
        figure(2.0, Wanted("<", 1), what="slow"),
        figure(0.5, Wanted("<", 1), what="quick"),
        figure(1.0, Wanted("<=", 0.2, of="ratio"), 2.0, what="dear"),
        figure(7.0, None, what="neither"),
    )
    cells = [[cell.strip() for cell in line.strip("│").split("│")] for line in lines]
    marks = {row[0]: row[-2:] for row in cells if len(row) > 1}
    assert marks["slow"] == ["< 1", "MISSED"]
    assert marks["quick"] == ["< 1", "met"]
    assert marks["dear"] == ["ratio <= 0.2", "MISSED"]
    assert marks["neither"] == ["", ""]


def test_end_names_all_that_was_missed() -> None:
    """The last lines say how many aims there were, and which were not reached by how much."""
    missed = figure(2.0, Wanted("<=", 0.5, of="ratio"), 2.5, what="CPU, http")
    assert shown(missed, figure(0.5, Wanted("<", 1)), figure(1.0, None))[-2:] == [
        "1 of 2 figures are what was wanted.",
        "Missed: copy path: CPU, http beside theirs: 2 s, ratio 0.80, wanted ratio <= 0.5",
    ]


def test_end_of_a_good_run_is_one_sentence() -> None:
    """With nothing missed there is nothing to name."""
    assert shown(figure(0.5, Wanted("<", 1)))[-1] == "1 of 1 figures are what was wanted."


def test_saved_figures_say_what_was_wanted_and_met(tmp_path: Path) -> None:
    """Programs find the same in the document."""
    save([figure(2.0, Wanted("<", 1)), figure(2.0, None)], {"cpus": 2}, tmp_path / "b" / "x.json")
    found = json.loads((tmp_path / "b" / "x.json").read_text())
    assert [(each["wanted"], each["met"]) for each in found["figures"]] == [
        ("< 1", False),
        ("", None),
    ]


def test_pipe_gets_a_line_for_each_step_at_once() -> None:
    """Each step is there when it begins, and not only in the end."""
    with told(Console(file=(file := io.StringIO()), width=20)) as tell:
        for number in (1, 2):
            tell(f"copy path, [http], run {number} of 2 and more than fits")
            assert len(file.getvalue().splitlines()) == number
    assert file.getvalue().splitlines()[-1].endswith("[http], run 2 of 2 and more than fits")


def test_every_topic_is_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that has no steps to tell of."""
    monkeypatch.setitem(cast(dict[str, topics.Topic], topics.EXTRA), "nothing", lambda *_: iter(()))
    steps: list[str] = []
    assert topics.run(["nothing", "nothing"], steps.append) == []
    assert steps == ["nothing, topic 1 of 2", "nothing, topic 2 of 2"]
