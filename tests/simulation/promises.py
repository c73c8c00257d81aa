"""What a transfer has to keep in a situation, as it holds today; and the goal. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tests.simulation.ideal import CONNECTIONS
from tests.simulation.run import Outcome
from tests.simulation.situation import Situation

# Seconds in a row in which more connections may be asked for than the source bears.
_ABOVE = 1.0
# Refusals: each connection that there may be finds out once; then so many per second.
_REFUSALS_PER_SECOND = 10.0


class Promise(NamedTuple):
    """A transfer takes at most so many times the ideal, and so many seconds besides one cold start;
    for no more than this share of them there are more connections than the source bears."""

    times: float = 1.6
    above: float = 0.0
    besides: float = 0.5

    def seconds(self, situation: Situation, ideal: float) -> float:
        """What a transfer may take."""
        return self.times * ideal + situation.platform.latest_start + self.besides


USUAL = Promise()
GOAL = Promise(1.3)
# Whatever is drawn. Of 1,800 the worst took 6.6 times the ideal: a fast source that answers after
# 0.3 s, where one child had the last part of it in hands for half of the time.
DRAWN = Promise(7.3, above=1.0, besides=4.0)


def broken(situation: Situation, outcome: Outcome, promise: Promise) -> Iterator[str]:
    """Yield each promise that was not kept, as a sentence."""
    if outcome.error:
        yield f"it failed: {outcome.error}"
        return
    if outcome.wrong:
        yield f"it is wrong: {outcome.wrong}"
    if outcome.seconds < outcome.ideal * (1 - 1e-9):
        yield f"{outcome.seconds:.3f} s are less than the ideal of {outcome.ideal:.3f} s"
    most = promise.seconds(situation, outcome.ideal)
    if outcome.seconds > most:
        yield (
            f"{outcome.seconds:.2f} s are {outcome.ratio:.2f} times the ideal of"
            f" {outcome.ideal:.2f} s, and more than {most:.2f} s"
        )
    if outcome.connections > CONNECTIONS:
        yield f"{outcome.connections} connections are more than {CONNECTIONS}"
    if outcome.above > max(_ABOVE, promise.above * outcome.seconds):
        yield f"for {outcome.above:.2f} s it asked for more connections than the source bears"
    if outcome.refusals > CONNECTIONS + _REFUSALS_PER_SECOND * outcome.seconds:
        yield f"{outcome.refusals} refusals in {outcome.seconds:.2f} s"
