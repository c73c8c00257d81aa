"""Keys are taken as they are, whatever they look like in a URL, a header or an XML document."""

from __future__ import annotations

import pytest

from tests.e2e.contents import bytes_of
from tests.e2e.transfers import refused, stored, transferred
from tests.localcloud.client import LocalCloud

PART = 100 * 1024
AWKWARD = (
    "with spaces  and a trailing one ",
    "plus+and%percent%2Fencoded%",
    "question?hash#ampersand&equals=semicolon;",
    "non-ASCII/ключ/鍵/🛶",
    "quotes'\"<xml>&amp;`",
    "inside\\a\\backslash",
    ".leading/dot/./and/../more//slashes/",
    "colon:star*pipe|tilde~at@comma,dollar$",
    "x" * 1023,
    "鍵" * 341,
)


@pytest.mark.parametrize("size", [1, 3 * PART], ids=["one-request", "parts"])
@pytest.mark.parametrize("key", AWKWARD, ids=range(len(AWKWARD)))
def test_awkward_key_is_kept_as_it_is(eager_cloud: LocalCloud, key: str, size: int) -> None:
    """The object has the key that the event says, in one request and in parts alike."""
    reply = transferred(eager_cloud, eager_cloud.generated("key", size), key, part_size=PART)
    assert stored(eager_cloud, key) == bytes_of("key", size)
    assert reply["object"]["key"] == key


@pytest.mark.parametrize("key", ["", "/leading", "\\leading", "x" * 1024, "鍵" * 342, "line\n"])
def test_key_that_oss_would_refuse_is_an_invalid_event(cloud: LocalCloud, key: str) -> None:
    """A key that OSS gives to no object is refused by its field's name, before any request."""
    error = refused(cloud, cloud.generated("key", 1), key)
    assert (error.error_type, error.message.split()[0]) == ("InvalidEvent", "target_object_name")
