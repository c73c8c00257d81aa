"""Takes so many steps of the model, from a seed."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.machine import Transfers
from tests.model.world import World

_IN_A_ROW = 20  # steps before all begins anew


def take_steps(world: World, count: int, number: int, *, shrink: bool = True) -> int:
    """Take about so many steps; how many there were. What goes wrong is an ``AssertionError``."""

    class Seeded(Transfers):
        steps = 0

    Seeded.world = world
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        seed(number)(Seeded),
        settings=settings(
            max_examples=max(1, count // _IN_A_ROW),
            stateful_step_count=_IN_A_ROW,
            phases=[Phase.generate, *([Phase.shrink] if shrink else [])],
            suppress_health_check=list(HealthCheck),
            print_blob=False,  # the seed says as much
        ),
    )
    return Seeded.steps
