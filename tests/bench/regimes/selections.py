"""Which regimes are measured: a few in ``make bench``, all in ``make regimes``.

Where a transfer takes seconds one run says enough; the short ones are repeated, because the
machine does other things too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tests.bench.regimes.regime import MB, Regime

_SMALL, _MIDDLE, _LARGE = 20 * MB, 200 * MB, 1000 * MB
_RATES = (MB // 2, 2 * MB, 13 * MB, 60 * MB, None)
_TOTAL = 40 * MB
# 13 MB/s per connection is what the published figures come from.
_USUAL = Regime(_MIDDLE, 13 * MB)

QUICK: Sequence[Regime] = (
    Regime(_SMALL, 2 * MB),
    Regime(_MIDDLE, 2 * MB),
    replace(_USUAL, runs=2),
    replace(_USUAL, first_byte=0.1),
    replace(_USUAL, total=_TOTAL),
    replace(_USUAL, cap=4),
    replace(_USUAL, cap=16, over="reset"),
)


def _all() -> Iterator[Regime]:
    for rate in _RATES:
        fast = rate is None or rate > 2 * MB
        for size in (_SMALL, _MIDDLE, _LARGE):
            yield Regime(size, rate, runs=3 if fast and size < _LARGE else 1)
    for rate in (2 * MB, 13 * MB, 60 * MB):
        yield Regime(_MIDDLE, rate, total=_TOTAL)
    yield Regime(_LARGE, total=_TOTAL)
    for cap in (4, 16):
        yield replace(_USUAL, cap=cap, over="429")
        yield replace(_USUAL, cap=cap, over="reset")
        yield Regime(_SMALL, 2 * MB, cap=cap)
    for first_byte in (0.02, 0.1):
        yield Regime(_SMALL, 2 * MB, first_byte=first_byte)
        yield replace(_USUAL, first_byte=first_byte, runs=3)
        yield Regime(_LARGE, 60 * MB, first_byte=first_byte)


ALL: Sequence[Regime] = (*_all(),)
