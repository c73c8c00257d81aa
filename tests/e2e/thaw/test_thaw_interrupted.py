"""Jobs that wait, and whom that befalls which may befall them: kills, lost and doubled wake-ups."""

from __future__ import annotations

import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
import requests

from tests.e2e.bulk_jobs import assert_consistent, bulk_event, keys_below, report
from tests.e2e.chaos.thaw_kills import Ordeal
from tests.e2e.conftest import StartCloud
from tests.e2e.interrupted import kill_coordinator, record_names
from tests.e2e.thaws import (
    DAY,
    HOUR,
    MINUTE,
    Asked,
    assert_not_due,
    begun,
    billed,
    due_names,
    due_of,
    freeze,
    lost_wakes,
    now,
    once,
    pass_until_due,
    rested,
    slept,
    status,
    stopped,
    thaw_event,
    thawed,
    wake_event,
    wakes,
    woken_by_timer,
)
from tests.e2e.transfers import failed, replied
from tests.localcloud.client import FunctionError, LocalCloud
from tests.localcloud.patience import eventually
from tests.localcloud.tidiness import idle

RESTORE = {"server": "oss", "operation": "RestoreObject"}


def asked_so_far(cloud: LocalCloud) -> int:
    return cloud.oss_requests().get("RestoreObject", 0)


def kill_while_asking(cloud: LocalCloud, event: dict[str, object], count: int) -> None:
    """Begin a job, and kill its coordinator when OSS was asked for so many objects."""
    before = asked_so_far(cloud)
    with ThreadPoolExecutor(1) as caller:
        call = caller.submit(cloud.invoke, event)
        eventually(lambda: asked_so_far(cloud) - before >= count, within=30)
        assert kill_coordinator(cloud, str(event["kind"]))
        with pytest.raises(FunctionError, match="exited unexpectedly"):
            call.result()
    idle(cloud)


@pytest.mark.parametrize(
    ("options", "times"), [({}, 4), ({"ignore_delay": True}, 3), ({"deliver_twice": True}, 2)]
)
def test_whatever_happens_each_object_is_asked_for_once(
    options: dict[str, bool], times: int, start_cloud: StartCloud
) -> None:
    """Kills, wake-ups that are lost, doubled or late: in the end all is there, and told of once."""
    cloud = start_cloud(**options)
    ordeal = Ordeal(cloud, 300, times, seed=times, **options)
    ordeal.run()
    ordeal.check()


def test_nobody_is_busy_while_nothing_is_to_do(cloud: LocalCloud, key: str) -> None:
    """Five hours, with the timer of the deployment: less than a thousandth of them is billed."""
    source = freeze(cloud, f"{key}/", 300, ("ColdArchive",))
    job = begun(cloud, thaw_event(cloud, source=source))["id"]
    began, since = now(cloud), time.time()
    while status(cloud, job)["status"] == "waiting":
        cloud.advance(15 * MINUTE, timers=True)
        rested(cloud, job)
    waited = now(cloud) - began
    asked = sum(each["duration_ms"] for each in cloud.invocations(since) if each["type"] == "sync")
    share = (billed(cloud, since) - asked / 1000) / waited
    assert waited >= 5 * HOUR
    assert 0 < share < 0.001, f"{share:.3%} of {waited} s"


def test_hops_lead_to_a_moment_that_is_far_away(cloud: LocalCloud, key: str) -> None:
    """One invocation each hour, and nobody else."""
    source = freeze(cloud, f"{key}/", 3, ("DeepColdArchive",))
    reply = begun(cloud, thaw_event(cloud, source=source))
    job, since = reply["id"], time.time()
    assert due_of(reply) - now(cloud) == pytest.approx(6 * HOUR, abs=5)
    for hop in range(1, 6):
        cloud.advance(HOUR)
        eventually(lambda: len(wakes(cloud, since)), wanted=hop.__eq__)
        idle(cloud)
        assert rested(cloud, job)["due"] == reply["due"]
    cloud.advance(HOUR + 5)
    eventually(lambda: rested(cloud, job)["due"] != reply["due"])
    assert len(wakes(cloud, since)) <= 7
    assert slept(cloud, job)["restored"] == 3


def test_a_coordinator_that_is_killed_while_it_asks(cloud: LocalCloud, key: str) -> None:
    """Whom OSS was asked for is not asked for again, whoever goes on, however late."""
    source = freeze(cloud, f"{key}/", 400)
    asked = Asked(cloud)
    event = thaw_event(cloud, source=source)
    cloud.faults("oss", [{**RESTORE, "delay": 0.05}])
    kill_while_asking(cloud, event, 60)
    cloud.faults("oss")
    cloud.advance(16 * MINUTE)
    woken_by_timer(cloud)
    [job] = {name.partition("-")[2].removesuffix(".json") for name in due_names(cloud)}
    reply = slept(cloud, job)
    assert_consistent(cloud, reply)
    assert (reply["status"], reply["items"]) == ("completed", 400)
    # Nobody can tell who asked for those that could be read before anybody went on.
    assert 60 / 3 - 10 < reply["unchanged"] < 400 / 3
    assert reply["restored"] == 400 - reply["unchanged"]
    assert asked.by_key() == once({f"{key}/{n:05}" for n in range(400)})
    assert_not_due(cloud)


def test_the_same_event_finds_the_job_that_waits(cloud: LocalCloud, key: str) -> None:
    """It does not begin another one, before the job is due or after."""
    source = freeze(cloud, f"{key}/from/", 6)
    event = bulk_event(cloud, f"{key}/to/", source=source, thaw=True)
    with lost_wakes(cloud):
        reply = begun(cloud, event)
        assert replied(cloud, event) == reply
        assert status(cloud, reply["id"]) == reply
        pass_until_due(cloud, reply)
        later = replied(cloud, event)
    assert (later["id"], later["copied"], later["status"]) == (reply["id"], 2, "waiting")
    pass_until_due(cloud, later)
    woken_by_timer(cloud)
    assert slept(cloud, reply["id"])["copied"] == 6
    again = replied(cloud, event)
    assert again["id"] != reply["id"]
    assert (again["status"], again["unchanged"]) == ("completed", 6)


@pytest.mark.parametrize("refused", [202, 403, 503])
def test_a_wake_up_that_is_lost_costs_only_time(cloud: LocalCloud, key: str, refused: int) -> None:
    """The timer finds the job; a day late is as good as a minute."""
    source = freeze(cloud, f"lost-{refused}/", 6, ("Archive",))
    with lost_wakes(cloud, refused):
        job = begun(cloud, thaw_event(cloud, source=source))["id"]
    cloud.advance(DAY)
    assert status(cloud, job)["status"] == "waiting"
    woken_by_timer(cloud)
    reply = rested(cloud, job)
    assert (reply["status"], reply["restored"]) == ("completed", 6)
    assert_not_due(cloud)


def test_two_wake_ups_at_once_are_one(cloud: LocalCloud, key: str) -> None:
    """One goes on, the others say who does."""
    source = freeze(cloud, f"{key}/", 30, ("Archive",))
    asked = Asked(cloud)
    with lost_wakes(cloud):
        reply = begun(cloud, thaw_event(cloud, source=source))
    pass_until_due(cloud, reply)
    event = wake_event(cloud, id=reply["id"])
    with ThreadPoolExecutor(3) as callers:
        calls = [callers.submit(replied, cloud, event) for _ in "123"]
        wait(calls)
    replies = [each.result() for each in calls]
    assert {each["status"] for each in replies} <= {"completed", "under_way"}
    end = status(cloud, reply["id"])
    assert (end["status"], end["restored"]) == ("completed", 30)
    assert_consistent(cloud, end)
    assert asked.statuses == {202: 30}
    assert len([name for name in record_names(cloud) if "/epochs/" in name]) == 1


def test_a_job_that_waits_is_stopped(cloud: LocalCloud, key: str) -> None:
    """What is done is reported, and so is what still waits; nobody comes back."""
    source = freeze(cloud, f"{key}/from/", 30)
    asked = Asked(cloud)
    reply = begun(cloud, bulk_event(cloud, f"{key}/to/", source=source, thaw=True))
    pass_until_due(cloud, reply)
    rested(cloud, reply["id"])
    end = stopped(cloud, reply["id"])
    assert (end["status"], end["copied"], end["waiting"]) == ("stopped", 10, 20)
    outcomes = Counter(row["outcome"] for row in report(cloud, end))
    assert outcomes == {"copied": 10, "waiting": 20}
    assert_not_due(cloud)
    since = time.time()
    cloud.advance(DAY)
    woken_by_timer(cloud)
    idle(cloud)
    assert status(cloud, reply["id"]) == end == stopped(cloud, reply["id"])
    assert len(keys_below(cloud, f"{key}/to/")) == 10
    assert asked.statuses == {202: 30}
    assert len(wakes(cloud, since)) <= 1


def test_a_stop_that_nobody_hears_asks_for_nothing_more(cloud: LocalCloud, key: str) -> None:
    """Whoever goes on with a job whose coordinator died ends it."""
    source = freeze(cloud, f"{key}/", 400)
    event = thaw_event(cloud, source=source)
    cloud.faults("oss", [{**RESTORE, "delay": 0.05}])
    kill_while_asking(cloud, event, 40)
    [job] = {name.partition("-")[2].removesuffix(".json") for name in due_names(cloud)}
    assert stopped(cloud, job)["status"] == "stopping"
    before = asked_so_far(cloud)
    assert replied(cloud, event)["status"] == "stopped"
    assert asked_so_far(cloud) == before
    assert_not_due(cloud)


def test_oss_that_is_busy_is_asked_more_slowly(cloud: LocalCloud, key: str) -> None:
    """Nothing fails, and each object is asked for once."""
    source = freeze(cloud, f"{key}/", 200)
    asked = Asked(cloud)
    busy = {**RESTORE, "status": 503, "code": "TotalQpsLimitExceeded"}
    cloud.faults("oss", [{**busy, "times": 60}])
    reply = begun(cloud, thaw_event(cloud, source=source))
    assert (reply["waiting"], reply["failed"]) == (200, 0)
    assert [each["taken"] for each in cloud.fault_counts("oss")] == [60]
    cloud.faults("oss")
    assert asked.by_key() == once({f"{key}/{n:05}" for n in range(200)})
    assert slept(cloud, reply["id"])["restored"] == 200


def test_answers_that_are_lost_cost_nothing(cloud: LocalCloud, key: str) -> None:
    """OSS has begun: asked once more, it says that it is under way."""
    source = freeze(cloud, f"{key}/", 60)
    asked = Asked(cloud)
    cloud.faults("oss", [{**RESTORE, "drop_reply": True, "times": 20}])
    reply = begun(cloud, thaw_event(cloud, source=source))
    cloud.faults("oss")
    assert reply["waiting"] == 60
    assert asked.statuses[202] == 60
    assert 200 not in asked.statuses
    assert slept(cloud, reply["id"])["restored"] == 60


def test_what_fails_as_a_whole_is_not_tried_for_ever(cloud: LocalCloud, key: str) -> None:
    """The role may not restore: the timer comes back to nothing, and the same event goes on."""
    source = freeze(cloud, f"{key}/", 9)
    event = thaw_event(cloud, source=source)
    cloud.faults("oss", [{**RESTORE, "status": 403, "code": "AccessDenied"}])
    error = failed(cloud, event)
    assert error.error_type == "TargetRefused"
    assert "oss:RestoreObject" in error.message
    assert_not_due(cloud)
    since = time.time()
    cloud.advance(DAY)
    woken_by_timer(cloud)
    assert not wakes(cloud, since)
    cloud.faults("oss")
    assert thawed(cloud, event)["restored"] == 9


def test_a_job_that_takes_several_invocations_to_ask(start_cloud: StartCloud, key: str) -> None:
    """It is handed over as any other, and waits then."""
    cloud = start_cloud(timeout=12)
    source = freeze(cloud, f"{key}/", 1500, ("Archive", "ColdArchive"))
    asked = Asked(cloud)
    cloud.faults("oss", [{**RESTORE, "delay": 0.1}])
    reply = replied(cloud, thaw_event(cloud, source=source))
    assert reply["status"] == "handed_over"
    eventually(lambda: len(asked.by_key()) == 1500, within=60)
    cloud.faults("oss")
    [job] = eventually(
        lambda: {name.partition("-")[2].removesuffix(".json") for name in due_names(cloud)}
    )
    reply = slept(cloud, job)
    assert (reply["status"], reply["restored"]) == ("completed", 1500)
    assert asked.statuses == {202: 1500}
    assert_consistent(cloud, reply)


def test_records_of_a_thaw_show_no_secret(cloud: LocalCloud, key: str) -> None:
    """Nor does what is sent to wake it."""
    source = freeze(cloud, f"{key}/", 3)
    reply = begun(cloud, thaw_event(cloud, source=source))
    for name in due_names(cloud):
        assert json.loads(cloud.bucket.get_object(name).read()) == {
            "target_region": cloud.region,
            "target_bucket_name": cloud.bucket_name,
        }
    assert requests.get(f"{cloud.fc_endpoint}/-/instances", timeout=9).ok
    assert_consistent(cloud, slept(cloud, reply["id"]))


def test_too_many_failures_are_an_error_of_who_ends_the_job(cloud: LocalCloud, key: str) -> None:
    """Function Compute tries it again in vain, and whoever is told of failures is told."""
    source = freeze(cloud, f"{key}/from/", 2, ("Archive",))
    event = bulk_event(cloud, f"{key}/to/", source=source, thaw=True, fail_above=0)
    job, since = begun(cloud, event)["id"], time.time()
    cloud.bucket.delete_object(f"{key}/from/00000")
    pass_until_due(cloud, status(cloud, job))
    end = rested(cloud, job)
    assert (end["copied"], end["failed"]) == (1, 1)
    calls = eventually(lambda: wakes(cloud, since), wanted=lambda seen: len(seen) >= 2)
    assert {each["error_type"] for each in calls if each["ended"]} == {"UnhandledInvocationError"}
    assert_not_due(cloud)
    eventually(lambda: wakes(cloud, since), wanted=lambda seen: len(seen) == 4, within=20)
