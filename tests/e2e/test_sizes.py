"""Objects are byte-identical to their sources, for every size around an edge and every way there.

Parts are as small as OSS allows, so that many of them are cheap; the default part size has its
own edges.
"""

from __future__ import annotations

import pytest

from ossferry.pace.part_sizes import LARGEST_PART
from ossferry.parts import MIN_PART
from tests.e2e.contents import bytes_of
from tests.e2e.transfers import stored, transferred
from tests.localcloud.client import LocalCloud

PART = 100 * 1024
DEFAULT_PART = 8 * 1024 * 1024
EDGES = {
    "empty": 0,
    "one-byte": 1,
    "part-minus-1": PART - 1,
    "part": PART,
    "part-plus-1": PART + 1,
    "two-parts-minus-1": 2 * PART - 1,
    "two-parts": 2 * PART,
    "two-parts-plus-1": 2 * PART + 1,
    "many-parts": 61 * PART + 7,
}
WAYS: dict[str, tuple[tuple[str, ...], dict[str, int]]] = {
    "children": ((), {"streams": 1}),
    "streams": ((), {}),
    "coordinator-alone": ((), {"max_children": 0}),
    "one-stream": ((), {"max_children": 0, "streams": 1}),
    "no-range": (("range:ignored",), {}),
    "no-length": (("range:ignored", "length:chunked"), {}),
    "until-close": (("range:ignored", "length:close"), {}),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("edge", EDGES)
def test_object_is_identical_at_every_edge(
    eager_cloud: LocalCloud, key: str, edge: str, way: str
) -> None:
    """Whatever the size and whoever copies, the object has exactly the source's bytes."""
    size, (behaviours, fields) = EDGES[edge], WAYS[way]
    url = eager_cloud.generated(edge, size, *behaviours)
    reply = transferred(eager_cloud, url, key, part_size=PART, **fields)
    assert stored(eager_cloud, key) == bytes_of(edge, size)
    assert reply["object"]["size"] == size


@pytest.mark.parametrize("size", [PART - 1, PART, PART + 1, 2 * PART, 2 * PART + 1])
def test_parts_are_as_many_as_the_size_needs(eager_cloud: LocalCloud, key: str, size: int) -> None:
    """What fits in one part is one request without an upload; else parts are counted."""
    reply = transferred(eager_cloud, eager_cloud.generated("count", size), key, part_size=PART)
    assert reply["parts"]["count"] == (0 if size <= PART else -(-size // PART))


@pytest.mark.parametrize("behaviour", ["range:honoured", "range:ignored", "length:chunked"])
@pytest.mark.parametrize("size", [DEFAULT_PART - 1, DEFAULT_PART, DEFAULT_PART + 1])
def test_object_is_identical_at_the_edges_of_the_default_part_size(
    cloud: LocalCloud, key: str, size: int, behaviour: str
) -> None:
    """The same holds where the event leaves the part size to the plan."""
    transferred(cloud, cloud.generated("default", size, behaviour), key)
    assert stored(cloud, key) == bytes_of("default", size)


def test_many_default_parts(cloud: LocalCloud, key: str) -> None:
    """Parts of the sizes that suit make up the source, and the proof covers all of them."""
    size = 5 * DEFAULT_PART + 1
    reply = transferred(cloud, cloud.generated("several", size), key)
    assert stored(cloud, key) == bytes_of("several", size)
    parts = reply["parts"]
    assert MIN_PART <= parts["size"] <= LARGEST_PART
    assert -(-size // parts["size"]) <= parts["count"] <= 9_000
    assert reply["object"]["size"] == size
    assert reply["proof"] == ["parts", "object"]
