"""Whether what a stream waits for on either side is waited for at once: source and OSS both take
their time to answer, and the request for the next part is under way while an answer is awaited."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.bench import copy_path
from tests.bench.copiers.measuring import Errand
from tests.bench.endpoints import Endpoints
from tests.bench.figures import Figure, Series, Wanted

_RUNS = 3
_WAIT = 0.1  # seconds on each side
_PART, _PARTS, _STREAMS = 256 * 1024, 64, 8


def figures(endpoints: Endpoints, progress: Callable[[str], None]) -> Iterator[Figure]:
    """Yield the seconds of a slice, beside those that both sides take one after the other."""
    progress("latency")
    source = endpoints.source("http", _PARTS * _PART, _WAIT)
    errand = Errand(source, endpoints.sink("http", _WAIT), _PARTS * _PART, _PART, _STREAMS)
    seconds = [copy_path.run("ours", errand, endpoints).seconds for _ in range(_RUNS)]
    yield Figure(
        topic="latency",
        what=f"{_PARTS} small parts, streams: {_STREAMS}, {_WAIT} s on each side",
        unit="s",
        ours=Series.of("ours", seconds),
        reference=Series.of("one after the other", [2 * _WAIT * _PARTS / _STREAMS]),
        wanted=Wanted("<=", 0.7, of="ratio"),
    )
