"""Sources, targets and headers as people write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ossferry_cli.asked.sources import headers_of, shown, source_of, target_of, without_secrets
from ossferry_cli.problems import Misuse


@pytest.mark.parametrize(
    ("text", "bucket", "key"),
    [
        ("oss://my-bucket/a/b", "my-bucket", "a/b"),
        ("oss://my-bucket/", "my-bucket", ""),
        ("oss://my-bucket", "my-bucket", ""),
        ("oss://my-bucket/a b?c", "my-bucket", "a b?c"),
    ],
)
def test_a_target_is_bucket_and_key(text: str, bucket: str, key: str) -> None:
    """A key stands there as it is."""
    assert target_of(text) == (bucket, key)


@pytest.mark.parametrize("text", ["my-bucket/a", "oss://B/a", "https://example.org/", "oss:///a"])
def test_what_is_no_target_is_refused(text: str) -> None:
    """In a sentence that says how one looks."""
    with pytest.raises(Misuse, match="oss://bucket/key"):
        target_of(text)


@pytest.mark.parametrize("text", ["file.iso", "ftp://example.org/x", "gs://a/b", "https://"])
def test_what_is_no_source_is_refused(text: str) -> None:
    """A file is none: lists have an option of their own."""
    with pytest.raises(Misuse, match="--list"):
        source_of(text)


def test_a_name_in_another_cloud_is_a_source() -> None:
    """As it is written, also a whole bucket; what is no bucket is told with an example."""
    assert source_of("S3://films/a b%20+?#/ü") == "s3://films/a b%20+?#/ü"
    assert source_of("s3://films/") == "s3://films/"
    assert shown("s3://films/a?b#c") == "s3://films/a?b#c"
    with pytest.raises(Misuse, match="must be like cos://my-bucket-1250000000/"):
        source_of("cos://films/a")


@pytest.mark.parametrize("host", ["ho\u2100st", "[zz]", "host:99999", "host:http", "a b"])
def test_a_url_that_is_none_is_refused_without_its_secrets(host: str) -> None:
    """The library that reads it would quote them."""
    with pytest.raises(Misuse, match="no valid URL") as caught:
        source_of(f"https://user:s3cr3t@{host}/a?Signature=s3cr3t")
    assert "s3cr3t" not in str(caught.value)
    assert caught.value.__suppress_context__, "nor would a traceback"


def test_a_source_may_be_in_a_file(tmp_path: Path) -> None:
    """So that its signature is in no list of processes."""
    file = tmp_path / "url"
    file.write_text("https://example.org/x?Signature=s\n")
    assert source_of(f"@{file}") == "https://example.org/x?Signature=s"
    with pytest.raises(Misuse, match="cannot be read"):
        source_of(f"@{tmp_path / 'none'}")


def test_a_url_that_a_shell_has_cut_is_noticed() -> None:
    """What is left of a signed URL after the first & is another command."""
    with pytest.raises(Misuse, match="quote the URL") as caught:
        source_of("https://example.org/x?X-Amz-Algorithm=AWS4-HMAC-SHA256")
    assert "AWS4" not in str(caught.value)
    whole = "https://example.org/x?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=1"
    assert source_of(whole) == whole


def test_headers_with_secrets_belong_into_files(tmp_path: Path) -> None:
    """Those that may be one are warned of, without what they are."""
    headers, warnings = headers_of(["Authorization: Bearer abc", "Accept: */*"])
    assert headers == {"Authorization": "Bearer abc", "Accept": "*/*"}
    assert len(warnings) == 1
    assert "abc" not in warnings[0]
    file = tmp_path / "headers"
    file.write_text("Cookie: a=b\n\nX-Token: c\n")
    assert headers_of([f"@{file}"]) == ({"Cookie": "a=b", "X-Token": "c"}, [])
    with pytest.raises(Misuse):
        headers_of(["no header"])


def test_nothing_secret_is_shown() -> None:
    """Neither of a URL nor of an event."""
    url = "https://user:word@example.org/a?Signature=s#t"
    assert shown(url) == "https://example.org/a"
    event = {
        "items": [{"source_url": url, "source_headers": {"Cookie": "s"}}],
        "list": url,
        "source_headers": {"Authorization": "s"},
        "kind": "bulk",
    }
    told = str(without_secrets(event))
    assert "word" not in told
    assert "Signature" not in told
    assert "'s'" not in told
