"""What a transfer has to keep, whatever the situation. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from tests.simulation.ideal import CONNECTIONS
from tests.simulation.run import Outcome
from tests.simulation.situation import Situation

# Times the ideal; and, where that is short, seconds besides one cold start.
_FACTOR = 1.3
_BESIDES = 0.5
# Seconds in a row in which more connections are asked for than the source bears.
_ABOVE = 1.0
# Refusals: each connection that there may be finds out once; then so many per second.
_REFUSALS_PER_SECOND = 2.0


def allowed(situation: Situation, ideal: float) -> float:
    """The seconds that a transfer may take."""
    return _FACTOR * ideal + situation.platform.latest_start + _BESIDES


def broken(situation: Situation, outcome: Outcome) -> Iterator[str]:
    """Yield each promise that was not kept, as a sentence."""
    if outcome.error:
        yield f"it failed: {outcome.error}"
        return
    if outcome.wrong:
        yield f"it is wrong: {outcome.wrong}"
    if outcome.seconds < outcome.ideal * (1 - 1e-9):
        yield f"{outcome.seconds:.3f} s are less than the ideal of {outcome.ideal:.3f} s"
    most = allowed(situation, outcome.ideal)
    if outcome.seconds > most:
        yield (
            f"{outcome.seconds:.2f} s are {outcome.ratio:.2f} times the ideal of"
            f" {outcome.ideal:.2f} s, and more than {most:.2f} s"
        )
    if outcome.connections > CONNECTIONS:
        yield f"{outcome.connections} connections are more than {CONNECTIONS}"
    if outcome.above > _ABOVE:
        yield f"for {outcome.above:.2f} s it asked for more connections than the source bears"
    if outcome.refusals > CONNECTIONS + _REFUSALS_PER_SECOND * outcome.seconds:
        yield f"{outcome.refusals} refusals in {outcome.seconds:.2f} s"
