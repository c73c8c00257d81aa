"""The pure parts of the bench: what its figures say and what its model predicts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ossferry.spread.model import Network
from tests.bench.figures import Figure, Series
from tests.bench.prediction import PUBLISHED, figures, predict

FAN_OUT_FROM = 256_000_000
NETWORK = Network()


def figure(ours: list[float], reference: list[float] | None) -> Figure:
    beside = None if reference is None else Series.of("theirs", reference)
    return Figure("topic", "what", "s", Series.of("ours", ours), beside)


def test_a_ratio_is_that_of_the_medians() -> None:
    """One run that went wrong moves neither a median nor a ratio."""
    assert figure([1.0, 100.0, 2.0], [4.0, 4.0, 900.0]).ratio == 0.5


@pytest.mark.parametrize("reference", [None, [0.0]])
def test_a_figure_without_anything_to_divide_by_has_no_ratio(reference: list[float] | None) -> None:
    """Neither a missing reference nor one of nothing is an error."""
    assert figure([1.0], reference).ratio is None


def test_a_figure_in_json_has_runs_and_spread_of_both_sides() -> None:
    """What is written down can be judged: median, lowest, highest and number of runs."""
    document = figure([3.0, 1.0], [2.0]).to_json()
    assert document["ours"] == {"name": "ours", "median": 2.0, "low": 1.0, "high": 3.0, "runs": 2}
    assert document["reference"]["runs"] == 1
    assert document["ratio"] == 1.0


def test_a_small_source_is_predicted_without_children() -> None:
    """Below the limit of the planner the coordinator copies alone, at its own bandwidth."""
    first = next(predict(NETWORK, 0.5, FAN_OUT_FROM))
    assert first.children == 0
    assert first.seconds == 0.5 + PUBLISHED[0].size / NETWORK.instance


def test_no_prediction_is_faster_than_the_account_allows() -> None:
    """However many instances there are, OSS takes no more than its limit."""
    for each in predict(replace(NETWORK, instance=5 * NETWORK.instance), 0.0, FAN_OUT_FROM):
        assert each.seconds > each.published.size / NETWORK.account * 0.99


def test_the_fixed_cost_is_added_once_to_every_prediction() -> None:
    """Predictions with and without a fixed cost differ by it, whatever the size."""
    with_cost, without = (list(predict(NETWORK, fixed, FAN_OUT_FROM)) for fixed in (0.75, 0.0))
    differences = [a.seconds - b.seconds for a, b in zip(with_cost, without, strict=True)]
    assert differences == pytest.approx([0.75] * len(PUBLISHED))


def test_every_prediction_states_what_it_assumes() -> None:
    """The first line of each network has its bandwidths, starts and fixed cost in words."""
    found = list(figures(0.25, FAN_OUT_FROM))
    notes = [each.note for each in found if each.note]
    assert len(notes) == len({each.topic for each in found})
    assert all("0.25 s" in note and "20 Gbit/s per account" in note for note in notes)
