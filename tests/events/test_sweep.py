"""The event that asks to remove what transfers left behind."""

from __future__ import annotations

import pytest

from ossferry.errors import InvalidEvent
from ossferry.events.parse import parse
from ossferry.jobs import SweepJob
from ossferry.names import ObjectName
from ossferry.settings import Settings

SWEEP = {"kind": "sweep", "target_region": "cn-hangzhou", "target_bucket_name": "my-bucket"}


def swept(**fields: object) -> SweepJob:
    """The job of the event with these fields changed; None takes one out."""
    document = {name: value for name, value in {**SWEEP, **fields}.items() if value is not None}
    job = parse(document, Settings())
    assert isinstance(job, SweepJob)
    return job


def test_a_sweep_names_a_bucket_and_spares_what_is_of_today() -> None:
    """A transfer that is under way is never older than a day."""
    target = ObjectName("cn-hangzhou", "my-bucket", "")
    assert swept() == SweepJob(target, older_than=24 * 3600)


@pytest.mark.parametrize(("hours", "seconds"), [(0, 0), (1, 3600), ("48", 48 * 3600)])
def test_the_age_is_given_in_hours(hours: object, seconds: float) -> None:
    """None at all included: then everything goes."""
    assert swept(older_than_hours=hours).older_than == seconds


@pytest.mark.parametrize("region", ["cn-hangzhou", "oss-cn-hangzhou"])
def test_a_region_is_known_by_both_of_its_names(region: str) -> None:
    """As in any other event."""
    assert swept(target_region=region).target.region == "cn-hangzhou"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("target_region", None),
        ("target_region", "cn-x.evil.example/"),
        ("target_bucket_name", None),
        ("target_bucket_name", "No_Bucket"),
        ("older_than_hours", -1),
        ("older_than_hours", 24 * 365 + 1),
        ("older_than_hours", "soon"),
        ("target_object_name", "a.bin"),
        ("source_url", "https://example.com/a"),
    ],
)
def test_what_makes_no_sense_in_a_sweep_is_refused_by_its_name(name: str, value: object) -> None:
    """A key or a source too: it would seem as if only those were swept."""
    with pytest.raises(InvalidEvent, match=name):
        swept(**{name: value})
