"""What an operator lets be written, and what ossferry writes beside it."""

from __future__ import annotations

import pytest

from ossferry.errors import TargetRefused
from ossferry.names import FOLDER
from ossferry.oss.allowed import judge, judge_source
from ossferry.settings import Settings

RECORD = f"{FOLDER}0123/4567.json"


@pytest.mark.parametrize(
    ("bucket", "key"),
    [("archive", "in/a"), ("archive", ""), ("archive", RECORD), ("logs", "a"), ("logs", RECORD)],
)
def test_allowed_keys_and_the_records_beside_them_may_be_written(bucket: str, key: str) -> None:
    """A record lies in the target's bucket, outside of any prefix."""
    judged = (Settings(allow_targets=allowed) for allowed in (("archive/in/", "logs"), ()))
    for settings in judged:
        judge(settings, bucket, key)


@pytest.mark.parametrize(
    ("bucket", "key"),
    [
        ("archive", "out/a"),
        ("archive", ".ossferry-not/a"),
        ("other", "in/a"),
        ("other", ""),
        ("other", RECORD),
    ],
)
def test_nothing_else_may_be_written(bucket: str, key: str) -> None:
    """The sentence names the target and the setting."""
    with pytest.raises(TargetRefused) as raised:
        judge(Settings(allow_targets=("archive/in/", "logs")), bucket, key)
    assert f"oss://{bucket}/{key} is not among OSSFERRY_ALLOW_TARGETS" in raised.value.message


@pytest.mark.parametrize("key", ["a", "", RECORD])
def test_a_bucket_of_sources_is_never_written(key: str) -> None:
    """Whatever the settings say."""
    with pytest.raises(TargetRefused, match="not to be written"):
        judge_source("archive", key)
