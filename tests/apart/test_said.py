"""What a program says: numbers, and sentences without secrets."""

from __future__ import annotations

import pytest

from ossferry.apart.said import one_line, progress_of

SECRET = "canary-5e1f0c"


@pytest.mark.parametrize(
    ("line", "progress"),
    [
        (b"progress 0.42", 0.42),
        (b"  progress 1 ", 1.0),
        (b"progress=0.5", 0.5),
        (b"progress: .25", 0.25),
        (b"progress 0", 0.0),
        (b"progress 1.5", None),
        (b"progress 42", None),
        (b"progress nan", None),
        (b"in progress 0.4", None),
        (b"progress 0.4 of it", None),
        (b"", None),
    ],
)
def test_progress(line: bytes, progress: float | None) -> None:
    """From 0 to 1, alone in its line."""
    assert progress_of(line) == progress


@pytest.mark.parametrize(
    "text",
    [
        f"cannot open https://host/a.mp4?x-oss-signature={SECRET}&a=b: 403",
        f"'http://user:{SECRET}@host/a'",
        f"rtmp://user:{SECRET}@host/live?key={SECRET}",
        f"HTTPS://HOST/a?Signature={SECRET}",
        f"http://[::1/a?{SECRET}",
        f"Authorization: Bearer {SECRET}",
        f"Authorization: Basic {SECRET}",
        f"security-token={SECRET}&x=1",
        f'{{"password": "{SECRET}"}}',
        f"ALIBABA_CLOUD_ACCESS_KEY_SECRET={SECRET}",
        f"OSSAccessKeyId={SECRET}",
        f"api_key = {SECRET}",
        f"licence {SECRET} has expired",
    ],
)
def test_secrets_are_not_shown(text: str) -> None:
    """Those of signed URLs, headers, settings, and of the environment that is declared."""
    shown = one_line(text.encode(), cut=False, secrets=[SECRET] if "licence" in text else [])
    assert SECRET not in shown
    assert shown


def test_it_is_one_line() -> None:
    """Without what moves a cursor, and whatever its encoding."""
    assert one_line(b"a\r\n\r\n b \x1b[31m\xff\tc\n", cut=False) == "a | b  [31m\ufffd c"
    assert one_line(b"", cut=False) == ""


def test_what_is_cut_begins_with_something_whole() -> None:
    """The rest of a line may be the query of a URL."""
    assert one_line(b"gnature=abc\nnext line", cut=True) == "next line"
    assert one_line(b"gnature=abc next", cut=True) == "next"
    assert one_line(b"gnature=abc", cut=True) == ""


def test_what_is_no_secret_stays() -> None:
    """Short values are switches, and paths of URLs help."""
    assert one_line(b"at https://host/a/b.mp4?x=1, level info", cut=False, secrets=["info"]) == (
        "at https://host/a/b.mp4 level info"
    )
