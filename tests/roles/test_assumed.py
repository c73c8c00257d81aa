"""Who asks for a bucket, and that a role is assumed once, and again before its keys end."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest

from ossferry.context import Context, Credentials
from ossferry.errors import (
    FerryError,
    InvalidEvent,
    SourceRefused,
    SourceUnavailable,
    TargetRefused,
    TargetUnavailable,
)
from ossferry.names import ObjectName
from ossferry.roles import assumed
from ossferry.roles.assumed import signing_for
from ossferry.settings import Settings
from tests.localcloud.credentials import issue
from tests.localcloud.patience import eventually
from tests.localcloud.sts.face import STS, Role
from tests.peers.scripted import Reply, Request, answer, in_turn, scripted

ROOT = "C4n4ry-root"
ROLE = "acs:ram::9876543210987654:role/theirs"
POLICY = {"Version": "1", "Statement": []}
THEIRS = ObjectName("cn-hangzhou", "their-films", "a")
OURS = ObjectName("cn-hangzhou", "our-films", "a")
SETTINGS = {
    "OSSFERRY_ASSUME_ROLE_THEM": ROLE,
    "OSSFERRY_BUCKETS_THEM": "oss://their-* cn-hangzhou",
}
_requests = count()


@pytest.fixture
def face() -> Iterator[STS]:
    with STS(ROOT, {ROLE: Role(POLICY)}) as running:
        yield running


def settings(face: STS) -> Settings:
    return Settings.from_env({**SETTINGS, "OSSFERRY_STS_ENDPOINT": face.url})


def context(seconds: float = 60, **fields: Any) -> Context:
    """An invocation of its own."""
    keys = issue(ROOT, None, time.time() + 600)
    own = Credentials(keys.access_key_id, keys.access_key_secret, keys.security_token)
    found = Context.read(object(), {}, time.monotonic())
    return found._replace(
        request_id=f"1-{next(_requests)}",
        region="cn-hangzhou",
        credentials=own,
        deadline=time.monotonic() + seconds,
        **fields,
    )


def test_most_buckets_are_asked_by_the_function_itself(face: STS) -> None:
    """Those of which no setting speaks, and those that are in another region than it says."""
    here = context()
    for name in (OURS, THEIRS._replace(region="cn-beijing")):
        assert signing_for(name, here, settings(face))() == here.credentials
    assert face.requests == 0


def test_a_role_is_assumed_once_in_an_invocation(face: STS) -> None:
    """Whoever needs it, at once or later, for whichever of its buckets; not before it is needed."""
    here, names = context(), [THEIRS, THEIRS._replace(bucket="their-music")]
    ways = [
        signing_for(name, here, settings(face), reading=r) for name in names for r in (True, False)
    ]
    assert face.requests == 0
    with ThreadPoolExecutor(8) as threads:
        keys = {*threads.map(lambda way: way(), ways * 8)}
    assert len(keys) == 1
    assert here.credentials not in keys
    assert [each.session for each in face.asked] == [f"ossferry-{here.request_id}"]


def test_each_invocation_assumes_it_for_itself(face: STS) -> None:
    """So that the other account sees who came; a name is made of what STS allows in one."""
    for request_id in ("a/b c", "x" * 90):
        signing_for(THEIRS, context()._replace(request_id=request_id), settings(face))()
    assert [each.session for each in face.asked] == ["ossferry-a-b-c", f"ossferry-{'x' * 55}"]


@pytest.mark.parametrize(("seconds", "asked"), [(1, 900), (600, 1500), (86400, 3600)])
def test_keys_last_for_the_invocation(face: STS, seconds: float, asked: int) -> None:
    """And for the URLs that outlive it, as far as STS gives them at once."""
    signing_for(THEIRS, context(seconds), settings(face))()
    assert abs(face.asked[0].seconds - asked) <= 1


def test_keys_are_renewed_when_half_of_their_time_is_over(face: STS) -> None:
    """So that what they signed is good for as long again."""
    face.roles[ROLE] = Role(POLICY, lifetime=5)
    signing = signing_for(THEIRS, context(), settings(face))
    first, now = signing(), time.time()
    second = eventually(signing, wanted=lambda keys: keys != first, within=10)
    assert 1 < time.time() - now < 4
    assert second.ends > first.ends
    assert len(face.asked) == 2


def test_keys_that_are_good_are_used_if_sts_gives_no_new_ones(face: STS) -> None:
    """Trouble at half-time is no reason to fail."""
    face.roles[ROLE] = Role(POLICY, lifetime=5)
    signing = signing_for(THEIRS, context(), settings(face))
    first = signing()
    face.refuse(403, "NoPermission", times=9)
    asked = face.requests
    eventually(lambda: signing() == first and face.requests > asked, within=10)
    assert signing() == first


@pytest.mark.parametrize(("reading", "kind"), [(True, SourceRefused), (False, TargetRefused)])
def test_a_refusal_is_the_source_s_or_the_target_s(
    face: STS, reading: bool, kind: type[FerryError]
) -> None:
    """And STS is not asked again for each of a thousand items."""
    face.roles.clear()
    signing = signing_for(THEIRS, context(), settings(face), reading=reading)
    for _ in range(3):
        with pytest.raises(kind, match="there is no role") as caught:
            signing()
        assert "C4n4ry" not in caught.value.message
    assert face.requests == 1


@pytest.mark.parametrize(
    ("reading", "kind"), [(True, SourceUnavailable), (False, TargetUnavailable)]
)
def test_what_may_pass_is_said_to(face: STS, reading: bool, kind: type[FerryError]) -> None:
    """Somebody may try again later, and does not ask STS at once each time."""
    face.refuse(503, "ServiceUnavailable", times=99)
    signing = signing_for(THEIRS, context(), settings(face), reading=reading)
    for _ in range(3):
        with pytest.raises(kind, match="STS answered 503"):
            signing()
    assert face.requests == 5


def test_an_event_that_is_tried_again_comes_with_other_keys(face: STS) -> None:
    """By the same id: those that it came with before may have ended."""
    here = context()
    first = signing_for(THEIRS, here, settings(face))()
    again = signing_for(THEIRS, here._replace(credentials=context().credentials), settings(face))
    assert again() != first
    assert len(face.asked) == 2


def test_an_instance_forgets_invocations_that_are_long_over(face: STS) -> None:
    """It may serve a million of them."""
    first, known = context(), settings(face)
    signing_for(THEIRS, first, known)()
    for _ in range(100):
        signing_for(THEIRS, context(), known)
    signing_for(THEIRS, first, known)()
    assert len(face.asked) == 2


class Clock:
    """Stands for ``time`` where keys are judged; ``later`` is what one may set it ahead by."""

    def __init__(self) -> None:
        self.later = 0.0
        self.monotonic = time.monotonic

    def time(self) -> float:
        """What it shows."""
        return time.time() + self.later


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(assumed, "time", found)
    return found


def test_sts_is_not_asked_each_time_while_it_gives_no_new_keys(face: STS, clock: Clock) -> None:
    """A thousand requests are signed with what is good still, and ask only now and then."""
    face.roles[ROLE] = Role(POLICY, lifetime=900)
    signing = signing_for(THEIRS, context(), settings(face))
    first = signing()
    face.refuse(403, "NoPermission", times=9)
    clock.later = 460
    assert {signing() for _ in range(5)} == {first}
    assert face.requests == 2
    clock.later = 480
    assert signing() == first
    assert face.requests == 3


def test_who_has_good_keys_does_not_wait_for_better_ones(clock: Clock) -> None:
    """STS may take its time with them, and a copy goes on meanwhile."""
    asked, gate = threading.Event(), threading.Event()
    ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 900))
    given = {"AccessKeyId": "id", "AccessKeySecret": "s", "SecurityToken": "t", "Expiration": ends}
    said = Reply(answer(200, json.dumps({"Credentials": given}).encode()))

    def late(_: Request) -> Reply:
        asked.set()
        gate.wait(60)
        return said

    with scripted(in_turn(said, rest=late)) as server, ThreadPoolExecutor(2) as threads:
        known = Settings.from_env({**SETTINGS, "OSSFERRY_STS_ENDPOINT": server.url})
        signing = signing_for(THEIRS, context(), known)
        first = signing()
        clock.later = 460
        try:
            waiting = threads.submit(signing)
            assert asked.wait(30)
            assert threads.submit(signing).result(20) == first
            assert not waiting.done()
        finally:
            gate.set()


def test_an_event_may_name_it_for_its_buckets_alone(face: STS) -> None:
    """As it may name keys of other clouds."""
    here, known = context(), settings(face)
    assert signing_for(THEIRS, here, known, "Them")() != here.credentials
    with pytest.raises(InvalidEvent, match="'them' are not for oss://our-films in cn-hangzhou"):
        signing_for(OURS, here, known, "them")
    with pytest.raises(InvalidEvent, match="set OSSFERRY_ASSUME_ROLE_NOBODY"):
        signing_for(THEIRS, here, known, "nobody")
