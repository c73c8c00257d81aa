"""Items that are names in another cloud: whoever copies one signs its URL, and no sooner."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import pytest

from ossferry.byte_range import MIB
from ossferry.origins.credentials import Credentials
from ossferry.origins.place import ForeignName
from tests.items.staged import Stage, copying, item
from tests.peers.scripted import Reply, Script, Scripted, answer

NAME = "s3://films/2026/a b%20+?.txt"


@contextmanager
def films(script: Script) -> Iterator[tuple[Stage, Scripted]]:
    """A store of one bucket, and a child that has keys of it."""
    with copying(script) as (ours, server):
        env = {
            "OSSFERRY_CREDENTIALS_AWS": "AKID:s3cr3t:t0k3n",
            "OSSFERRY_BUCKETS_AWS": f"s3://films eu-west-1 {server.url}",
        }
        ours.settings = ours.settings._replace(foreign=Credentials.from_env(env))
        yield ours, server


def refusing(code: str) -> Script:
    body = f"<Error><Code>{code}</Code></Error>".encode()
    return lambda _: Reply(answer(403, body, Content_Type="application/xml"))


def test_a_small_one_costs_a_signed_get() -> None:
    """For as long as the child may take, and a quarter of an hour."""
    with films(lambda _: Reply(answer(200, b"film"))) as (ours, server):
        result, rows = ours.run((item(1, NAME, listed=4),), seconds=60)
        [asked] = server.requests
    url = urlsplit(asked.target)
    assert url.path == "/films/2026/a%20b%2520%2B%3F.txt"
    query = parse_qs(url.query)
    assert 900 < int(query["X-Amz-Expires"][0]) <= 960
    assert query["X-Amz-Security-Token"] == ["t0k3n"]
    assert (rows[1]["outcome"], rows[1]["source"], ours.bodies) == (
        "copied",
        NAME,
        {"out/1": b"film"},
    )
    assert "query" not in rows[1]
    assert (result.tally.source_requests, result.tally.oss_requests) == (1, 1)


def test_one_that_is_known_to_be_large_is_not_asked_for() -> None:
    """A transfer copies it, by its name."""
    with films(refusing("AccessDenied")) as (ours, server):
        _, rows = ours.run((item(1, NAME, listed=9 * MIB, credentials="aws"),))
        assert server.requests == []
    [job] = ours.transferred
    assert isinstance(job.source, ForeignName)
    assert (str(job.source), job.credentials, rows[1]["outcome"]) == (NAME, "aws", "copied")


def test_an_archived_one_is_told_without_another_request() -> None:
    """There may be thousands of them."""
    with films(refusing("InvalidObjectState")) as (ours, server):
        _, rows = ours.run((item(1, NAME),))
        assert len(server.requests) == 1
    assert rows[1]["error_type"] == "SourceArchived"
    assert rows[1]["error"].startswith(f"{NAME} is archived and not restored")


def test_a_refusal_is_told_in_words() -> None:
    """What it needs to be asked for again is in the row, and of keys their name alone."""
    with films(refusing("SignatureDoesNotMatch")) as (ours, _):
        _, rows = ours.run((item(1, NAME, credentials="aws", source_region="eu-west-1"),))
    assert (
        "the secret of OSSFERRY_CREDENTIALS_AWS is not that of its access key" in rows[1]["error"]
    )
    named = {"credentials": "aws", "source_region": "eu-west-1"}
    assert {name: rows[1]["asked"][name] for name in named} == named
    assert "s3cr3t" not in str(rows)


def test_keys_are_used_for_their_buckets_alone() -> None:
    """Whatever a row says; nobody is asked."""
    with films(refusing("AccessDenied")) as (ours, server):
        items = (
            item(1, "s3://others/a", credentials="aws"),
            item(2, "s3://films/a", credentials="none"),
            item(3, "s3://films/a", credentials="aws", source_endpoint="http://127.0.0.1:1"),
        )
        _, rows = ours.run(items)
        assert server.requests == []
    assert {row["error_type"] for row in rows.values()} == {"InvalidEvent"}


@pytest.mark.parametrize(("body", "outcome"), [(b"123456789", "copied"), (b"12345678", "failed")])
def test_a_checksum_that_its_store_tells_is_compared(body: bytes, outcome: str) -> None:
    """Asked for in the same request, by a header that is signed; other bytes are no copy."""
    told = {"x_amz_checksum_crc64nvme": "rosUhgp5mIg=", "x_amz_checksum_type": "FULL_OBJECT"}
    with films(lambda _: Reply(answer(200, body, **told))) as (ours, server):  # type: ignore[arg-type]
        _, rows = ours.run((item(1, NAME),))
        assert {each.headers["x-amz-checksum-mode"] for each in server.requests} == {"ENABLED"}
        assert "x-amz-checksum-mode" in server.requests[0].target
    assert rows[1]["outcome"] == outcome
    assert outcome == "copied" or "the source says its CRC-64/NVME is" in rows[1]["error"]
