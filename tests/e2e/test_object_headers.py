"""What an object is besides its bytes: the source's own headers, or what the event says."""

from __future__ import annotations

import pytest

from tests.e2e.transfers import headers_of, transferred
from tests.localcloud.client import LocalCloud

PART = 100 * 1024
STANDARD = {
    "Content-Type": "text/x-log",
    "Content-Disposition": 'attachment; filename="a b.log"',
    "Content-Language": "de",
    "Cache-Control": "max-age=60",
}
# Wanted of every way that an object comes to be.
WAYS = pytest.mark.parametrize(
    ("size", "behaviour"),
    [(1, "range:honoured"), (3 * PART, "range:honoured"), (3 * PART, "range:ignored")],
    ids=["one-request", "parts", "front-to-back"],
)


@WAYS
def test_standard_headers_of_the_source_become_the_objects(
    eager_cloud: LocalCloud, key: str, size: int, behaviour: str
) -> None:
    """Content-Type, -Disposition, -Language and Cache-Control come along; Expires does not."""
    given = [f"header:{name}={value}" for name, value in STANDARD.items()]
    wishes = ",".join([behaviour, *given, "header:Expires=0"])
    url = eager_cloud.generated("standard", size, wishes)
    transferred(eager_cloud, url, key, part_size=PART)
    headers = headers_of(eager_cloud, key)
    assert {name: headers.get(name) for name in STANDARD} == STANDARD
    assert "Expires" not in headers


@WAYS
def test_event_decides_about_type_metadata_and_storage_class(
    eager_cloud: LocalCloud, key: str, size: int, behaviour: str
) -> None:
    """``content_type``, ``metadata`` and ``storage_class`` go before what the source says."""
    transferred(
        eager_cloud,
        eager_cloud.generated("decided", size, behaviour, "type:text/plain"),
        key,
        part_size=PART,
        content_type="application/x-mine; charset=utf-8",
        metadata={"Project": "ferry", "run-7": "a b"},
        storage_class="IA",
    )
    headers = headers_of(eager_cloud, key)
    assert headers["Content-Type"] == "application/x-mine; charset=utf-8"
    assert headers["x-oss-meta-project"] == "ferry"
    assert headers["x-oss-meta-run-7"] == "a b"
    assert headers["x-oss-storage-class"] == "IA"


@WAYS
def test_type_is_the_sources_by_default(
    eager_cloud: LocalCloud, key: str, size: int, behaviour: str
) -> None:
    """The type is what the source's server says, not what the key looks like."""
    url = eager_cloud.generated("typed", size, behaviour, "type:video/mp4")
    transferred(eager_cloud, url, f"{key}.txt", part_size=PART)
    assert headers_of(eager_cloud, f"{key}.txt")["Content-Type"] == "video/mp4"
