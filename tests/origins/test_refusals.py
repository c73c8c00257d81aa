"""What stores of other clouds say no with, in words."""

from __future__ import annotations

import pytest

from ossferry.origins.place import ForeignName
from ossferry.origins.refusals import in_words

NAME = ForeignName("s3", "media", "a", "us-east-1")


def answer(code: str, more: str = "") -> bytes:
    return f"<?xml version='1.0'?><Error><Code>{code}</Code>{more}</Error>".encode()


@pytest.mark.parametrize(
    ("code", "more", "type", "said"),
    [
        ("InvalidObjectState", "", "SourceArchived", "restore it there"),
        ("NoSuchBucket", "", "SourceGone", "no bucket s3://media"),
        ("NoSuchKey", "", "SourceGone", "s3://media/a is not there"),
        (
            "AuthorizationQueryParametersError",
            "<Region>eu-west-3</Region>",
            "SourceRefused",
            "in the region eu-west-3",
        ),
        ("PermanentRedirect", "", "SourceRefused", "not in the region us-east-1"),
        ("ExpiredToken", "", "SourceRefused", "OSSFERRY_CREDENTIALS_AWS have ended"),
        ("InvalidToken", "", "SourceRefused", "does not belong to its keys"),
        ("InvalidAccessKeyId", "", "SourceRefused", "is not known to"),
        ("SignatureDoesNotMatch", "", "SourceRefused", "is not that of its access key"),
        ("RequestTimeTooSkewed", "", "SourceRefused", "clock"),
        ("AccessDenied", "<Message>Request has expired</Message>", "SourceRefused", "clock"),
        ("AccessDenied", "", "SourceRefused", "may not read s3://media/a"),
    ],
)
def test_each_refusal_has_a_sentence(code: str, more: str, type: str, said: str) -> None:
    """With a type that stays the same."""
    error = in_words(NAME, "aws", answer(code, more))
    assert error is not None
    assert (error.type, said in error.message) == (type, True)


@pytest.mark.parametrize("told", ["../../x", "a" * 40, "eu west", "\u00fc", ""])
def test_a_region_that_is_none_is_not_shown(told: str) -> None:
    """Neither of a header nor of a document; one that the settings know has no name here."""
    text = answer("PermanentRedirect", f"<Region>{told}</Region>")
    for name, said in ((NAME, "not in the region us-east-1"), (NAME._replace(region=None), "not")):
        error = in_words(name, "aws", text, told)
        assert error is not None
        assert said in error.message
        assert "None" not in error.message
        assert not told or told not in error.message


@pytest.mark.parametrize(
    "text",
    [
        *(b"", b"<html>", b"\xff\xfe", answer("SlowDown")),
        answer("AuthorizationQueryParametersError"),
        answer("AccessDenied'{keys}"),
    ],
)
def test_what_says_nothing_of_its_own_is_left_as_it_is(text: bytes) -> None:
    """Another error says what is known."""
    assert in_words(NAME, "aws", text) is None


def test_who_has_no_keys_is_told_how_to_set_some() -> None:
    """Of a bucket that is not public."""
    error = in_words(NAME, None, answer("AccessDenied"))
    assert error is not None
    assert "set OSSFERRY_CREDENTIALS_<NAME> and OSSFERRY_BUCKETS_<NAME>" in error.message
    assert in_words(NAME, None, answer("SlowDown")) is None
