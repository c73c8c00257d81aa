"""Signatures that Amazon has published, so that the checks are not only of themselves."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from tests.localcloud.faces.credential import Credential, Message
from tests.localcloud.faces.refused import Refused
from tests.localcloud.s3.scope import read_scope
from tests.localcloud.s3.sigv4 import (
    Rules,
    canonical_request,
    signature,
    string_to_sign,
    verified,
)

_SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
_EMPTY = hashlib.sha256(b"").hexdigest()
_DATE = "20150830T123600Z"
_SIGNED_QUERY = (
    "X-Amz-Algorithm=AWS4-HMAC-SHA256"
    "&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fservice%2Faws4_request"
    f"&X-Amz-Date={_DATE}&X-Amz-SignedHeaders=host&X-Amz-Expires=3600"
)
_TOKEN = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267"


def test_the_user_guide_s_url_is_accepted() -> None:
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    rules = Rules({"AKIAIOSFODNN7EXAMPLE": Credential("AKIAIOSFODNN7EXAMPLE", secret)}, "us-east-1")
    query = (
        "X-Amz-Algorithm=AWS4-HMAC-SHA256"
        "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
        "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )
    message = Message("GET", "/test.txt", query, {"host": "examplebucket.s3.amazonaws.com"})
    began = 1369353600.0
    assert verified(message, rules, began + 86400) is not None
    with pytest.raises(Refused, match="expired"):
        verified(message, rules, began + 86401)
    with pytest.raises(Refused, match="SignatureDoesNotMatch"):
        verified(replace(message, path="/test.txt2"), rules, began)


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        (
            "/",
            f"Param2=value2&Param1=value1&{_SIGNED_QUERY}",
            "86012e2c9ad4d77369f5d81c11f75158aae4f895a085212cc6d3f923d300bed5",
        ),
        (
            "/",
            f"{_SIGNED_QUERY}&X-Amz-Security-Token={_TOKEN}",
            "7ff2b50b376cb4d151970630573d6291dc128cc5c2a12ffb237f73cc53f67b6c",
        ),
        (
            "//example//",
            _SIGNED_QUERY,
            "822a5a9ba28072c5ab2bb4a6307d0c88276d40e49fec6b724c03fb4d4ba60fc2",
        ),
        (
            "/example/..",
            _SIGNED_QUERY,
            "cbcb213b928a077e43275df47b500f1dfaa864ab3f5a18f6b95f4ff0938167ee",
        ),
    ],
)
def test_the_signing_suite_s_queries(path: str, query: str, expected: str) -> None:
    message = Message("GET", path, query, {"host": "example.amazonaws.com"})
    assert _signature(message, ["host"]) == expected


def test_the_signing_suite_s_header() -> None:
    headers = {"host": "example.amazonaws.com", "x-amz-date": _DATE}
    message = Message("GET", "/", "Param2=value2&Param1=value1", headers)
    expected = "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"
    assert _signature(message, ["host", "x-amz-date"]) == expected


def _signature(message: Message, signed: list[str]) -> str:
    scope = read_scope("AKIDEXAMPLE/20150830/us-east-1/service/aws4_request", "", "")
    text = string_to_sign(canonical_request(message, signed, _EMPTY), _DATE, scope)
    return signature(_SECRET, scope, text)
