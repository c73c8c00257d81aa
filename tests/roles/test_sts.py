"""AssumeRole: what is signed is what the official SDK signs, and each answer is one sentence."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from alibabacloud_tea_openapi.utils import Utils
from darabonba.request import DaraRequest

from ossferry.context import Credentials
from ossferry.errors import FerryError, TargetRefused, TargetUnavailable
from ossferry.roles import sts
from ossferry.roles.sts import Asked, assume, signed
from tests.localcloud.credentials import issue
from tests.localcloud.sts.face import STS, Role
from tests.peers.scripted import Reply, answer, in_turn, scripted

ROOT = "C4n4ry-root"
ROLE = "acs:ram::9876543210987654:role/their-buckets"
NOT_TRUSTED, SHORT = f"{ROLE}-closed", f"{ROLE}-short"
ASKED = Asked(ROLE, "ossferry-1-67bbf919", 3600)
MAY = {
    "Version": "1",
    "Statement": [
        {"Effect": "Allow", "Action": ["sts:AssumeRole"], "Resource": [f"{ROLE}*"]},
    ],
}
OF_ROLE = {"Version": "1", "Statement": []}


@pytest.fixture
def face() -> Iterator[STS]:
    roles = {
        ROLE: Role(OF_ROLE),
        NOT_TRUSTED: Role(OF_ROLE, trusted=False),
        SHORT: Role(OF_ROLE, longest=1800),
    }
    with STS(ROOT, roles) as running:
        yield running


def own(policy: Any = MAY, seconds: float = 7200, root: str = ROOT) -> Credentials:
    keys = issue(root, policy, time.time() + seconds)
    return Credentials(keys.access_key_id, keys.access_key_secret, keys.security_token)


def assumed(face: STS, asked: Asked = ASKED, keys: Credentials | None = None) -> Credentials:
    return assume(asked, keys or own(), [face.url], time.monotonic() + 30)


def refused(face: STS, asked: Asked = ASKED, keys: Credentials | None = None) -> FerryError:
    """The error: one line, without any key."""
    keys = keys or own()
    with pytest.raises(FerryError) as caught:
        assumed(face, asked, keys)
    message = caught.value.message
    assert "\n" not in message
    assert not [each for each in (*keys[:3], ROOT) if each in message]
    return caught.value


def test_the_signature_is_that_of_the_official_sdk() -> None:
    """Over the same headers and the same query."""
    keys = Credentials("STS.id", "C4n4ry-secret", "C4n4ry/token+=")
    host, date = "sts-vpc.cn-hangzhou.aliyuncs.com", "2026-01-31T12:00:00Z"
    query, headers = signed(ASKED, keys, host, date, "nonce")
    request = DaraRequest()
    request.method, request.pathname = "POST", "/"
    request.query = {
        "RoleArn": ROLE,
        "RoleSessionName": ASKED.session,
        "DurationSeconds": "3600",
    }
    ours = {name: text for name, text in headers.items() if name.startswith("x-acs-")}
    request.headers = {"host": host, **ours}
    digest = headers["x-acs-content-sha256"]
    official = Utils.get_authorization(
        request, "ACS3-HMAC-SHA256", digest, keys.access_key_id, keys.access_key_secret
    )
    assert headers["Authorization"] == official
    assert "%3Aram%3A%3A" in query
    assert "C4n4ry" not in query


def test_keys_are_given(face: STS) -> None:
    """Temporary ones, with their end; no repr shows them."""
    found = assumed(face)
    assert found.access_key_id.startswith("STS.")
    assert 3500 < found.ends - time.time() <= 3600
    assert repr(found) == "Credentials()"
    assert [(each.role, each.session, each.seconds) for each in face.asked] == [
        (ROLE, "ossferry-1-67bbf919", 3600)
    ]


@pytest.mark.parametrize(
    ("asked", "keys", "said"),
    [
        (
            ASKED._replace(role=NOT_TRUSTED),
            own(),
            f"{NOT_TRUSTED} does not trust the function's role: let the trust policy",
        ),
        (ASKED, own(OF_ROLE), f"allow the function's role sts:AssumeRole on {ROLE}"),
        (ASKED._replace(role=f"{ROLE}-none"), own(), f"there is no role {ROLE}-none: create it"),
        (ASKED, own(seconds=-1), "the function's own keys have ended"),
        (ASKED, own()._replace(access_key_secret="x"), "SignatureDoesNotMatch"),
        (ASKED._replace(role=SHORT), own(), "InvalidParameter.DurationSeconds"),
    ],
)
def test_a_refusal_says_what_to_do(face: STS, asked: Asked, keys: Credentials, said: str) -> None:
    """At once: asking again changes nothing."""
    error = refused(face, asked, keys)
    assert isinstance(error, TargetRefused)
    assert said in error.message
    assert face.requests == 1


def test_a_refusal_without_a_reason_names_both_sides() -> None:
    """Older answers do not tell whose policy it was."""
    with (
        scripted(in_turn(Reply(answer(403, json.dumps({"Code": "NoPermission"}).encode())))) as sts,
        pytest.raises(TargetRefused, match=r"sts:AssumeRole on .*, and let the trust policy"),
    ):
        assume(ASKED, own(), [sts.url], time.monotonic() + 30)


@pytest.mark.parametrize(
    ("status", "code"), [(503, "ServiceUnavailable"), (400, "Throttling.User")]
)
def test_hiccups_are_tried_again(face: STS, status: int, code: str) -> None:
    """Each time with another nonce, or STS would take it for a replay."""
    face.refuse(status, code)
    face.gone(1)
    assumed(face)
    assert face.requests == 3


def test_what_does_not_pass_is_given_up(face: STS) -> None:
    """After as many attempts as anything gets."""
    face.refuse(500, "InternalError", times=9)
    error = refused(face)
    assert isinstance(error, TargetUnavailable)
    assert "STS answered 500" in error.message
    assert face.requests == 5


def test_the_next_endpoint_is_asked_if_one_is_not_there(face: STS) -> None:
    """The public one, from where there is no way inside the region."""
    assert assume(ASKED, own(), ["http://127.0.0.1:1", face.url], time.monotonic() + 30)
    with pytest.raises(TargetUnavailable, match="could not be reached"):
        assume(ASKED, own(), ["http://127.0.0.1:1"], time.monotonic())


def test_the_next_endpoint_is_asked_if_one_is_silent(
    face: STS, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is waited for, and not until all time is over."""
    monkeypatch.setattr(sts, "_PATIENCE", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoints = [f"http://127.0.0.1:{silent.getsockname()[1]}", face.url]
        assert assume(ASKED, own(), endpoints, time.monotonic() + 20)


@pytest.mark.usefixtures("no_waits")
@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"Credentials": {"AccessKeyId": "x"}}'])
def test_what_is_no_answer_is_not_taken_for_one(body: bytes) -> None:
    """Whatever stands between."""
    with (
        scripted(in_turn(rest=Reply(answer(200, body)))) as server,
        pytest.raises(TargetUnavailable, match="no answer of STS"),
    ):
        assume(ASKED, own(), [server.url], time.monotonic() + 30)
    assert len(server.requests) == 5


def test_a_session_is_as_short_as_sts_allows_and_as_long() -> None:
    """What is asked for lies between."""
    assert (sts.SHORTEST, sts.LONGEST) == (900, 3600)
