"""The state of restores in one word, or why there is none."""

from __future__ import annotations

import pytest

from ossferry.entries import Entry
from ossferry.errors import SourceArchived, SourceUnavailable
from ossferry.events.published import RestoreState
from ossferry.names import ObjectName
from ossferry.published.state import state_reply
from tests.published.listings import DAY, NOW, ONGOING, entry, readable_until

READABLE = readable_until(NOW + DAY)
DONE = (
    entry("a", "Archive", READABLE),
    entry("b", "DeepColdArchive", READABLE),
    entry("c", "Standard"),
)


def state(*entries: Entry, gone: str = "", fail: bool = False) -> object:
    keys = (*gone, *(each.key for each in entries))
    job = RestoreState(ObjectName("cn-hangzhou", "my-bucket", ""), keys, fail)
    return state_reply(job, {each.key: each for each in entries}, NOW)


def test_it_is_success_once_all_can_be_read() -> None:
    """Deleted objects are done with; so is a group without any."""
    assert state(*DONE, gone="xy") == {"status": "success"}
    assert state() == {"status": "success"}
    assert state(*DONE, fail=True) == {"status": "success"}


def test_it_is_running_as_long_as_one_is_restored() -> None:
    """Or an error by name, for who has CloudFlow try again after hours."""
    running = entry("z", "ColdArchive", ONGOING)
    assert state(*DONE, running) == {"status": "running"}
    with pytest.raises(SourceUnavailable, match="1 of 4 objects of oss://my-bucket are still"):
        state(*DONE, running, fail=True)


@pytest.mark.parametrize("restore", ["", readable_until(NOW - 1), "nonsense"])
@pytest.mark.parametrize("fail", [False, True])
def test_what_nobody_restores_is_not_waited_for(restore: str, fail: bool) -> None:
    """Whether it has expired or never been asked for; and it is no success."""
    frozen = entry("z", "ColdArchive", restore)
    running = entry("y", "ColdArchive", ONGOING)
    with pytest.raises(SourceArchived, match=r"1 of 5 objects .* the first is oss://my-bucket/z"):
        state(*DONE, running, frozen, fail=fail)
