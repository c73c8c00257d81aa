"""What the doctor makes of answers: those of the local cloud, with one thing changed in turn."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.settings import Settings
from ossferry_cli.credentials import Credentials, Found
from ossferry_cli.doctor.clients import BucketInfo, CallRefused, FunctionFailed, Unreachable
from ossferry_cli.doctor.examine import about_credentials
from ossferry_cli.doctor.package import Package
from ossferry_cli.doctor.triggers import about_triggers
from tests.cli.doctor.deployments import Recorded


def test_nothing_is_wrong(clients: Recorded) -> None:
    """With the answers as they are; what is invoked writes nothing."""
    assert clients.wrong() == []
    assert [{"status", "dry_run"} & event.keys() for event in clients.events] == [
        {"status"},
        {"dry_run"},
    ]


@pytest.mark.parametrize(
    ("changed", "level", "about", "words"),
    [
        ({"state": "Failed", "stateReason": "no image"}, "problem", "state", "Failed (no image)"),
        ({"lastUpdateStatus": "InProgress"}, "warning", "update", "under way"),
        ({"lastUpdateStatus": "Failed"}, "problem", "update", "the last update is Failed"),
        ({"handler": "main.run"}, "problem", "handler", "main.run"),
        ({"instanceConcurrency": 5}, "problem", "concurrency", "5 requests at once"),
    ],
)
def test_the_function(
    clients: Recorded, changed: dict[str, object], level: str, about: str, words: str
) -> None:
    """What the local cloud does not bring about."""
    clients.described |= changed
    ((found_level, found_about, text),) = clients.wrong()
    assert (found_level, found_about) == (level, about)
    assert words in text


def test_another_package(clients: Recorded) -> None:
    """By its checksum, if there is one here to compare it with."""
    own = int(clients.described["codeChecksum"])
    assert clients.wrong(package=Package(own, {})) == []
    ((level, about, _),) = clients.wrong(package=Package(1, {}))
    assert (level, about) == ("warning", "code")


@pytest.mark.parametrize(
    ("name", "level", "words"),
    [
        ("OSSFERRY_MAX_CHILD", "problem", "is ignored"),
        ("ossferry_streams", "problem", "is ignored"),
        ("OSSFERRY_QQQ", "warning", "means nothing"),
        ("OSSFERRY_OSS_ENDPOINT", "warning", "do not go to the endpoint"),
        ("MY_ACCESS_KEY_SECRET", "warning", "holds a secret"),
    ],
)
def test_variables(clients: Recorded, name: str, level: str, words: str) -> None:
    """Names are told, values are not."""
    clients.set_variables(**{name: "a-value-of-mine"})
    ((found, about, text),) = clients.wrong()
    assert (found, about) == (level, "variables")
    assert name in text
    assert words in text
    assert "a-value-of-mine" not in text


def test_a_timer_that_the_function_refuses(clients: Recorded) -> None:
    """Its payload is read as the function reads it."""
    clients.configure("daily-sweep", payload='{"kind": "sweeep"}')
    first, second = clients.wrong()
    assert first[0] == "problem"
    assert "daily-sweep: the function refuses the payload" in first[2]
    assert "kind must be" in first[2]
    assert "no timer sweeps" in second[2]
    clients.configure("daily-sweep", payload="at three")
    assert "it is no JSON" in clients.wrong()[0][2]


def test_a_timer_for_another_bucket(clients: Recorded) -> None:
    """It sweeps where nothing is copied to."""
    clients.set_variables(OSSFERRY_TARGET_BUCKET="elsewhere")
    found = [text for _, about, text in clients.wrong() if about == "triggers"]
    assert [text.partition(":")[0] for text in found] == ["daily-sweep", "wake"]


@pytest.mark.parametrize(
    ("prefix", "target_prefix", "loops"),
    [
        ("incoming/", "arrived/", False),
        ("incoming/", "incoming/", True),
        ("incoming/", "incoming/x/", True),
        ("", "arrived/", True),
        ("incoming/", "", True),
        ("a/", "ab/", False),
    ],
)
def test_loops(clients: Recorded, prefix: str, target_prefix: str, loops: bool) -> None:
    """A copy arrives below the target's prefix, under the whole key of its source."""
    clients.configure("arrivals", filter={"key": {"prefix": prefix, "suffix": ""}})
    clients.set_variables(OSSFERRY_TARGET_PREFIX=target_prefix, OSSFERRY_LIST_PREFIX="")
    found = [text for level, _, text in clients.wrong() if level == "problem"]
    assert len(found) == loops
    assert all("which loops" in text for text in found)


@given(
    prefix=st.text("a/", max_size=4),
    target_prefix=st.text("a/", max_size=4),
    rest=st.text("a/", min_size=1, max_size=4),
)
def test_a_loop_is_what_fires_for_its_own_copy(prefix: str, target_prefix: str, rest: str) -> None:
    """Whatever key arrives, and wherever its copy goes."""
    config = {"events": ["oss:ObjectCreated:*"], "filter": {"key": {"prefix": prefix}}}
    trigger = {
        "triggerName": "t",
        "triggerType": "oss",
        "sourceArn": "acs:oss:cn-hangzhou:1:b",
        "invocationRole": "r",
        "triggerConfig": config,
    }
    settings = Settings(target_bucket="b", target_prefix=target_prefix)
    found = about_triggers([trigger], settings, "cn-hangzhou")
    loops = any(each.level == "problem" for each in found)
    assert loops == f"{target_prefix}{prefix}{rest}".startswith(prefix)


def test_lists_that_may_loop(clients: Recorded) -> None:
    """What they name arrives anywhere below the target's prefix."""
    clients.configure("arrivals", filter={"key": {"prefix": "x/in/", "suffix": ""}})
    clients.set_variables(OSSFERRY_TARGET_PREFIX="x/", OSSFERRY_LIST_PREFIX="x/in/lists/")
    ((level, _, text),) = clients.wrong()
    assert level == "warning"
    assert "what a list names may arrive" in text


def test_triggers_that_do_nothing(clients: Recorded) -> None:
    """No role, or events that say nothing, or not of large objects."""
    clients.trigger("arrivals").pop("invocationRole")
    clients.configure("arrivals", events=["oss:ObjectRemoved:*"])
    assert [text for _, _, text in clients.wrong()] == [
        "arrivals: it has no role, so OSS may not invoke the function",
        "arrivals: no event of it says that an object is there",
    ]
    clients.trigger("arrivals")["invocationRole"] = "acs:ram::1:role/x"
    clients.configure("arrivals", events=["oss:ObjectCreated:PutObject"])
    assert [text for _, _, text in clients.wrong()] == ["arrivals: large uploads do not fire it"]


def test_triggers_of_other_kinds(clients: Recorded) -> None:
    """HTTP without authentication is open to everybody."""
    http = {"triggerName": "web", "triggerType": "http"}
    clients.triggers += [
        {**http, "triggerConfig": '{"authType": "function"}'},
        {"triggerName": "q", "triggerType": "eventbridge", "triggerConfig": "?"},
    ]
    assert clients.wrong() == []
    clients.triggers.append({**http, "triggerConfig": '{"authType": "anonymous"}'})
    ((level, _, text),) = clients.wrong()
    assert level == "problem"
    assert "everybody" in text


@pytest.mark.parametrize(
    ("info", "level", "words"),
    [
        (BucketInfo("cn-shanghai", "Standard"), "warning", "pass the internet"),
        (BucketInfo("cn-hangzhou", "Archive"), "warning", "storage class is Archive"),
        (BucketInfo("cn-hangzhou", "IA", "Enabled"), "warning", "versioning keeps"),
        (BucketInfo("cn-hangzhou", "Standard", "", "public-read"), "problem", "everybody"),
        (CallRefused(404, "NoSuchBucket"), "problem", "no such bucket"),
        (CallRefused(403, "AccessDenied"), "warning", "may not look"),
        (Unreachable("OSS at nowhere (X)"), "problem", "cannot be reached"),
    ],
)
def test_buckets(clients: Recorded, info: BucketInfo | Exception, level: str, words: str) -> None:
    """The one that copies go to."""
    clients.bucket = info
    ((found, about, text),) = clients.wrong()
    assert (found, about) == (level, "bucket ossferry-local")
    assert words in text


@pytest.mark.parametrize(
    ("error", "level", "about", "words"),
    [
        (CallRefused(429, "ResourceExhausted"), "problem", "invoking", "no instance is free"),
        (CallRefused(403, "AccessDenied"), "warning", "invoking", "may not look"),
        (Unreachable("FC at nowhere (X)"), "problem", "invoking", "cannot be reached"),
        (FunctionFailed("TargetRefused", "AccessDenied"), "problem", "role", "TargetRefused"),
        (FunctionFailed("InvalidEvent", "no"), "problem", "role", "not tried"),
        (FunctionFailed("ImportModuleError", "x"), "problem", "invoking", "ImportModuleError"),
    ],
)
def test_invocations_that_fail(
    clients: Recorded, error: Exception, level: str, about: str, words: str
) -> None:
    """Where none can succeed, the second is not tried."""
    clients.reply = error
    found = clients.wrong()
    assert {each[:2] for each in found} == {(level, about)}
    assert len(clients.events) == (1 if about == "invoking" else 2)
    assert words in found[0][2]


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        (990.0, None),
        (880.0, ("warning", "this machine's clock is 120 s ahead of OSS")),
        (3000.0, ("problem", "this machine's clock is 2000 s behind OSS")),
        (Unreachable("nowhere (X)"), ("problem", "nowhere (X) cannot be reached")),
    ],
)
def test_clocks(
    clients: Recorded, there: float | Exception, expected: tuple[str, str] | None
) -> None:
    """From a quarter of an hour on, nothing works."""
    clients.times["oss"] = there
    assert clients.wrong() == ([] if expected is None else [(expected[0], "clock", expected[1])])


def test_credentials() -> None:
    """Who won, who is ignored, and what is wrong with the file."""
    keys = Credentials("LTAI-some-key-abcd", "secret", source="profile 'x' of Alibaba Cloud CLI")
    others = "the variable OSS_ACCESS_KEY_ID is ignored"
    found = Found(keys, (others,), ("other users may read /x: run chmod 600 /x",))
    won, passed, warned = about_credentials(found)
    assert won.text == "profile 'x' of Alibaba Cloud CLI, key ...abcd"
    assert passed.text == others
    assert warned == ("warning", "credentials", "other users may read /x", "run chmod 600 /x")
