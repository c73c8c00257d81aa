"""The signature of S3, against the documented example."""

from __future__ import annotations

from calendar import timegm
from urllib.parse import parse_qs, urlsplit

from ossferry.origins.keys import Keys
from ossferry.origins.s3 import presigned

KEYS = Keys("example", "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
NOW = timegm((2013, 5, 24, 0, 0, 0))


def test_the_example_of_the_api_reference() -> None:
    """The bucket, the moment and the signature of the document."""
    url = presigned(
        "https://examplebucket.s3.amazonaws.com",
        "/test.txt",
        KEYS,
        "us-east-1",
        now=NOW,
        seconds=86400,
    )
    query = parse_qs(urlsplit(url.reveal()).query)
    assert query["X-Amz-Signature"] == [
        "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    ]


def test_keys_show_their_name_alone() -> None:
    """In whatever repr they are."""
    assert repr([KEYS]) == "[Keys(example)]"
