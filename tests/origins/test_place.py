"""Where objects of other clouds are."""

from __future__ import annotations

import pytest

from ossferry.errors import InvalidEvent
from ossferry.origins.place import Place, foreign_name, is_foreign, place_of

COS = "cos://media-1250000000/a"
AMAZON = "s3.us-east-1.amazonaws.com"


@pytest.mark.parametrize(
    ("text", "region", "endpoint", "place"),
    [
        ("s3://media/a", "us-east-1", None, Place("us-east-1", f"https://media.{AMAZON}", "/")),
        ("S3://a.b/a", "us-east-1", None, Place("us-east-1", f"https://{AMAZON}", "/a.b/")),
        (
            "s3://media/a",
            "cn-north-1",
            None,
            Place("cn-north-1", "https://media.s3.cn-north-1.amazonaws.com.cn", "/"),
        ),
        ("s3://media/a", None, "http://h:9000", Place("us-east-1", "http://h:9000", "/media/")),
        ("s3://media/a", "auto", "https://{bucket}.h", Place("auto", "https://media.h", "/")),
        (
            COS,
            "ap-guangzhou",
            None,
            Place("ap-guangzhou", "https://media-1250000000.cos.ap-guangzhou.myqcloud.com", "/"),
        ),
        (COS, "ap-guangzhou", "https://own.h", Place("ap-guangzhou", "https://own.h", "/")),
    ],
)
def test_each_has_its_place(
    text: str, region: str | None, endpoint: str | None, place: Place
) -> None:
    """In the host where that works, else in the path."""
    assert is_foreign(text)
    assert place_of(foreign_name(text, region, endpoint)) == place


@pytest.mark.parametrize(
    ("text", "region", "endpoint", "said"),
    [
        ("s3://media", "us-east-1", None, "source_url must be like s3://my-bucket/"),
        ("s3://media/", "us-east-1", None, "source_url must be like"),
        ("s3://Media/a", "us-east-1", None, "source_url must be like"),
        ("cos://media/a", "ap-guangzhou", None, "must be like cos://my-bucket-1250000000/"),
        ("s3://media/a", "US", None, "source_region must be a region such as us-east-1"),
        ("s3://media/a", None, "http://h/path", "source_endpoint must be scheme and host"),
        ("s3://media/a", None, "http://u:C4n4ry@h", "source_endpoint must be scheme and host"),
    ],
)
def test_what_is_none_is_refused(
    text: str, region: str | None, endpoint: str | None, said: str
) -> None:
    """By the field, and what to give."""
    with pytest.raises(InvalidEvent, match=said) as caught:
        foreign_name(text, region, endpoint)
    assert "C4n4ry" not in str(caught.value)


def test_a_place_that_nobody_told_is_asked_for() -> None:
    """A region will do."""
    with pytest.raises(InvalidEvent, match="source_region is missing"):
        place_of(foreign_name("s3://media/a", None, None))


def test_a_prefix_may_be_nothing() -> None:
    """A whole bucket."""
    assert foreign_name("s3://media", None, None, prefix=True).key == ""
