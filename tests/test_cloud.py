"""What an invocation gets of its account: buckets that refuse by themselves."""

from __future__ import annotations

import json
import multiprocessing
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace as Record

import pytest

from ossferry.cloud import Cloud
from ossferry.context import Context
from ossferry.errors import ChildThrottled, Stopped, TargetRefused
from ossferry.names import ObjectName
from ossferry.settings import Settings
from ossferry.stop import Stop
from tests.peers.scripted import Reply, Scripted, Then, answer, in_turn, scripted

ALLOWED = ObjectName("cn-hangzhou", "archive", "in/a")
FORBIDDEN = ObjectName("cn-hangzhou", "archive", "out/a")
ELSEWHERE = ObjectName("cn-hangzhou", "other", "in/a")
SIGNED_IN = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "STS.id", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "secret"}


def cloud(*allow_targets: str, timeout: float = 600) -> Cloud:
    function = Record(name="ferry", timeout=timeout)
    context = Record(request_id="r-1", region="cn-hangzhou", account_id="1", function=function)
    settings = Settings(allow_targets=allow_targets)
    return Cloud(Context.read(context, SIGNED_IN, time.monotonic()), settings, Stop())


def test_a_bucket_is_opened_for_targets_that_are_allowed() -> None:
    """And lets only those be written, with the records beside them."""
    bucket = cloud("archive/in/").bucket(ALLOWED)
    assert bucket.put_url("in/b", {}).host == "archive.oss-cn-hangzhou-internal.aliyuncs.com"
    assert bucket.put_url(".ossferry/0123/record.json", {})
    with pytest.raises(TargetRefused, match="oss://archive/out/a is not among"):
        bucket.put_url("out/a", {})


@pytest.mark.parametrize(
    "target", [FORBIDDEN, ELSEWHERE, ObjectName("cn-hangzhou", "other", "")], ids=str
)
def test_no_bucket_is_opened_for_others(target: ObjectName) -> None:
    """Nor for a sweep, whose target is a bucket as a whole."""
    with pytest.raises(TargetRefused, match=f"{target} is not among OSSFERRY_ALLOW_TARGETS"):
        cloud("archive/in/").bucket(target)


def test_a_bucket_is_opened_as_a_whole_where_anything_in_it_is_allowed() -> None:
    """For a sweep, which looks at ossferry's own records."""
    assert cloud("archive/in/").bucket(ObjectName("cn-hangzhou", "archive", "")).name == "archive"


def test_a_thread_gets_the_same_bucket_each_time() -> None:
    """Each new one would connect again; another thread, and another bucket, has its own."""
    own = cloud()
    bucket = own.bucket(ALLOWED)
    assert own.bucket(FORBIDDEN) is bucket
    assert own.bucket(ELSEWHERE) is not bucket
    with ThreadPoolExecutor(1) as other:
        assert other.submit(own.bucket, ALLOWED).result() is not bucket


def test_a_forked_process_has_a_bucket_of_its_own() -> None:
    """Two that write to one connection would get each other's answers."""
    own = cloud()
    bucket = own.bucket(ALLOWED)
    with multiprocessing.get_context("fork").Pool(1, _keep, (own, bucket)) as pool:
        assert not pool.apply(_is_kept)


_kept: list[tuple[Cloud, object]] = []


def _keep(own: Cloud, bucket: object) -> None:
    _kept.append((own, bucket))


def _is_kept() -> bool:
    [(own, bucket)] = _kept
    return own.bucket(ALLOWED) is bucket


def test_where_nothing_is_set_the_role_alone_decides() -> None:
    """Which is how the function is delivered."""
    assert cloud().bucket(ELSEWHERE).put_url("any/key", {})


def test_a_source_is_read_from_any_bucket_and_written_in_none() -> None:
    """Targets are what the setting is about."""
    bucket = cloud("archive/in/").source_bucket(ELSEWHERE)
    assert bucket.get_url(ELSEWHERE.key).host == "other.oss-cn-hangzhou-internal.aliyuncs.com"
    with pytest.raises(TargetRefused):
        bucket.put_url(ELSEWHERE.key, {})
    with pytest.raises(TargetRefused):
        cloud().source_bucket(ELSEWHERE).put_url(".ossferry/x", {})


def test_after_a_stop_oss_gets_a_few_seconds_for_an_answer() -> None:
    """The instance is about to end; what it has to say has to be said now."""
    stopped = cloud()
    before = stopped._patience()
    stopped.stop.set()
    assert before > 600
    assert stopped._patience() < 5


@contextmanager
def with_fc(*replies: Reply, timeout: float = 600, used: float = 0) -> Iterator[Called]:
    """A cloud of which so many seconds are used up, and an FC that answers so."""
    with scripted(in_turn(*replies)) as fc:
        stop = Impatient()
        function = Record(name="ferry", timeout=timeout)
        context = Context.read(Record(function=function), SIGNED_IN, time.monotonic() - used)
        yield Called(Cloud(context, Settings(fc_endpoint=fc.url), stop), fc, stop)


class Impatient(Stop):
    """A stop for whom no wait takes any time; it may be set by one."""

    def __init__(self) -> None:
        super().__init__()
        self.ends_a_wait = False
        self.waits = 0

    def wait(self, seconds: float) -> bool:
        self.waits += 1
        if self.ends_a_wait:
            self.set()
        return self.is_set()


@dataclass
class Called:
    cloud: Cloud
    fc: Scripted
    stop: Impatient


BUSY = Reply(answer(503, b'{"Code": "ResourceThrottled"}'))
TAKEN = Reply(answer(202))


def test_the_next_invocation_is_started_in_spite_of_hiccups() -> None:
    """One 503 is no reason to leave the work undone."""
    with with_fc(BUSY, BUSY, TAKEN) as called:
        called.cloud.invoke_later({"a": 1})
        assert [json.loads(request.body) for request in called.fc.requests] == [{"a": 1}] * 3


def test_it_is_asked_to_start_later_and_once_in_the_same_words_each_time() -> None:
    """An answer that was lost is told by the next: FC has it already."""
    lost, known = Reply(b"", Then.RESET), Reply(answer(409, b'{"Code": "AlreadyExists"}'))
    with with_fc(BUSY, lost, known) as called:
        called.cloud.invoke_later({"a": 1}, delay=60, task_id="wake-id-1-0")
        asked = [request.headers for request in called.fc.requests]
        assert [each["x-fc-async-delay"] for each in asked] == ["60"] * 3
        assert [each["x-fc-async-task-id"] for each in asked] == ["wake-id-1-0"] * 3


def test_it_is_started_after_the_deadline_too() -> None:
    """That is what the reserve is for: others have to be done by then."""
    with with_fc(BUSY, TAKEN, used=597) as called:
        assert time.monotonic() > called.cloud.deadline
        called.cloud.invoke_later({})
        assert len(called.fc.requests) == 2


def test_it_is_tried_once_however_late_it_is() -> None:
    """And not again when there is no time for another attempt."""
    with with_fc(BUSY, TAKEN, used=601) as called:
        with pytest.raises(ChildThrottled):
            called.cloud.invoke_later({})
        assert len(called.fc.requests) == 1


def test_a_stop_ends_the_wait_before_it_is_tried_again() -> None:
    """Nothing more is started once somebody wants an end."""
    with with_fc(BUSY, TAKEN) as called:
        called.stop.ends_a_wait = True
        with pytest.raises(Stopped):
            called.cloud.invoke_later({})
        assert (len(called.fc.requests), called.stop.waits) == (1, 1)


@pytest.mark.parametrize("timeout", [1.0, 6.0, 60.0, 600.0, 86_400.0])
def test_there_is_time_for_everything_after_the_last_call(timeout: float) -> None:
    """To hear from children, to record or abort, to hand over, to answer: in this order, in less
    than half of the time however short that is."""
    found = cloud(timeout=timeout)
    end = found.deadline + min(5.0, timeout * 0.2)
    assert found.last_call < found.deadline < found.last_word < end
    assert end - found.last_call < max(7.1, timeout * 0.41)
    assert end - found.last_call <= timeout * 0.41


def test_a_stop_ends_the_wait_for_oss_and_the_record_is_written_all_the_same() -> None:
    """OSS may ask for a longer wait than the instance has; what is done has to be recorded."""
    busy, done = Reply(answer(503)), Reply(answer(200))
    with scripted(in_turn(busy, busy, done)) as oss:
        stop = Impatient()
        stop.ends_a_wait = True
        function = Record(name="ferry", timeout=600)
        context = Context.read(Record(function=function), SIGNED_IN, time.monotonic())
        bucket = Cloud(context, Settings(oss_endpoint=oss.url), stop).bucket(ALLOWED)
        bucket.write(".ossferry/0/0.json", b"{}")
        assert len(oss.requests) == 3
        assert stop.is_set()


def test_what_is_written_last_has_time_for_another_attempt() -> None:
    """The record of what is done, and the outcome: without it all would be copied again."""
    busy, done = Reply(answer(503)), Reply(answer(200))
    with scripted(in_turn(busy, done)) as oss:
        function = Record(name="ferry", timeout=600)
        context = Context.read(Record(function=function), SIGNED_IN, time.monotonic() - 597)
        late = Cloud(context, Settings(oss_endpoint=oss.url), Impatient())
        late.bucket(ALLOWED).write(".ossferry/outcomes/1.json", b"{}")
        assert len(oss.requests) == 2
