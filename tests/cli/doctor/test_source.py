"""A source as the doctor sees it from here."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from ossferry.settings import Settings
from ossferry_cli.doctor.source import about_source
from tests.localcloud.faces.credential import Credential
from tests.localcloud.s3.face import S3
from tests.peers.origin_asking import Origin

LOCAL = Settings(allow_networks=(ip_network("127.0.0.0/8"),))
FILE = "random/doctor/12345"


@pytest.mark.parametrize(
    ("behaviour", "level", "words"),
    [
        ("", "ok", "is 12,345 bytes, in ranges"),
        ("range:ignored", "warning", "is 12,345 bytes, and its server knows no ranges"),
        ("range:ignored,length:chunked", "warning", "of a size that it does not say"),
        ("range:unknown-total", "warning", "without its size"),
        ("status:403", "problem", "is refused with 403"),
        ("status:404", "problem", "is answered with 404"),
        ("redirect:2", "ok", "is 12,345 bytes"),
    ],
)
def test_what_it_answers(origin: Origin, behaviour: str, level: str, words: str) -> None:
    """The query, which may be a signature, is never shown."""
    url = f"{origin.endpoint}/{FILE}?secret=of-mine" + (f"&as={behaviour}" if behaviour else "")
    (found,) = about_source(url, LOCAL)
    assert found.level == level
    assert words in found.text
    assert "of-mine" not in repr(found)


def test_a_source_that_says_nothing_of_changes(origin: Origin) -> None:
    """Neither ETag nor date."""
    first, second = about_source(f"{origin.endpoint}/{FILE}?as=etag:none,last-modified:none", LOCAL)
    assert (first.level, second.level) == ("ok", "warning")


def test_an_address_that_the_function_refuses(origin: Origin) -> None:
    """Unless its settings open it."""
    first, _ = about_source(f"{origin.endpoint}/{FILE}", Settings())
    assert first.level == "problem"
    assert "OSSFERRY_ALLOW_NETWORKS" in first.text


@pytest.mark.parametrize("text", ["ftp://x/y", "nothing", "http://"])
def test_no_url(text: str) -> None:
    """What it would have to be is said."""
    (found,) = about_source(text, LOCAL)
    assert (found.level, found.about) == ("problem", "source")


def test_nobody_there() -> None:
    """Without the query."""
    (found,) = about_source("http://127.0.0.1:9/x?secret=of-mine", LOCAL)
    assert "cannot be reached from here" in found.text
    assert "of-mine" not in repr(found)


@pytest.mark.parametrize(
    ("secret", "name", "level", "words"),
    [
        ("s3cr3t", "s3://films/a", "ok", "s3://films/a is 3 bytes, in ranges; its store tells"),
        ("wr0ng-s3cr3t", "s3://films/a", "problem", "OSSFERRY_CREDENTIALS_AWS"),
        ("s3cr3t", "s3://films/none", "problem", "s3://films/none is not there"),
        ("s3cr3t", "s3://others/a", "problem", "region"),
        ("s3cr3t", "s3://films", "problem", "must be like s3://my-bucket/videos/a.mp4"),
    ],
)
def test_a_source_in_another_cloud(secret: str, name: str, level: str, words: str) -> None:
    """Read with the function's keys, which shows whether its store takes them; none is shown."""
    with S3({"films/a": b"abc"}, [Credential("AKIDLOCAL", "s3cr3t")], "eu-west-1") as face:
        settings = Settings.from_env(
            {
                "OSSFERRY_ALLOW_NETWORKS": "127.0.0.0/8",
                "OSSFERRY_CREDENTIALS_AWS": f"AKIDLOCAL:{secret}",
                "OSSFERRY_BUCKETS_AWS": f"s3://films eu-west-1 {face.url}",
            }
        )
        (found,) = about_source(name, settings)
    assert (found.about, found.level) == ("source", level)
    assert words in found.text
    assert secret not in repr(found)
