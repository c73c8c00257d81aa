"""Programs: their rules against triggers, their targets, and what the package has."""

from __future__ import annotations

import json
import zipfile
from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.settings import ProgramRule
from ossferry_cli.doctor.clients import BucketInfo, CallRefused
from ossferry_cli.doctor.listening import Listens, takes_all
from ossferry_cli.doctor.package import Package, read
from tests.cli.doctor.deployments import Recorded

BUCKET = "ossferry-local"
RULE = f"incoming/*.mp4 -> cut -> oss://{BUCKET}/out/"
CUT = b'command = ["/bin/true", "{file}"]\n'
GATHER = CUT.replace(b"{file}", b"{list}") + b'gathers = "files"\noutputs = "{stem}-{name}"\n'


def packed(clients: Recorded, **descriptions: bytes) -> Package:
    files = {f"{name}.toml": text for name, text in descriptions.items()}
    return Package(int(clients.described["codeChecksum"]), files)


def listen(clients: Recorded, prefix: str, suffix: str = "") -> None:
    clients.configure("arrivals", filter={"key": {"prefix": prefix, "suffix": suffix}})


def test_rules_in_order(clients: Recorded) -> None:
    """Also for a program whose outputs go to a prefix that nothing listens to."""
    clients.set_variables(
        OSSFERRY_PROGRAM_RULES=RULE, OSSFERRY_MESSAGE_PROGRAM=f"m -> oss://{BUCKET}/m/"
    )
    assert clients.wrong() == []


def test_a_rule_that_is_none(clients: Recorded) -> None:
    """As the function says it, whichever it is; rules beside it are not looked at."""
    clients.set_variables(OSSFERRY_PROGRAM_RULES=f"{RULE}, in/*", OSSFERRY_MESSAGE_PROGRAM="m")
    first, second = clients.wrong()
    assert first[:2] == second[:2] == ("problem", "variables")
    assert "OSSFERRY_MESSAGE_PROGRAM must be like" in first[2]
    assert "OSSFERRY_PROGRAM_RULES must be like" in second[2]


@pytest.mark.parametrize(
    ("rules", "level", "words"),
    [
        (
            "photos/* -> p -> oss://bbb/out/",
            "warning",
            "no OSS trigger tells of what the rule for photos/*",
        ),
        ("incoming/* -> p -> oss://ossferry-local/incoming/out/", "problem", "which could loop"),
        ("* -> p -> oss://ossferry-local/out/", "problem", "which could loop"),
        ("incoming/lists/* -> p -> oss://bbb/out/", "warning", "below OSSFERRY_LIST_PREFIX"),
        (
            f"incoming/* -> p -> oss://bbb/out/, {RULE}",
            "warning",
            "never counts: the one for incoming/*",
        ),
        (
            "incoming/*.mp4 -> p -> oss://ossferry-local/incoming.d/, x -> q -> oss://bbb/",
            "warning",
            "no OSS trigger tells of what the rule for x",
        ),
        ("incoming/a/* -> p -> oss://ossferry-local/incoming/b/", "warning", "may arrive"),
        (
            "incoming/a/* -> p -> oss://ossferry-local/incoming/b/,"
            "incoming/b/* -> q -> oss://ossferry-local/incoming/a/",
            "problem",
            "outputs of the programs p and q may go round",
        ),
    ],
)
def test_rules_and_triggers(clients: Recorded, rules: str, level: str, words: str) -> None:
    """One thing in turn."""
    clients.set_variables(OSSFERRY_PROGRAM_RULES=rules)
    ((found, about, text),) = clients.wrong()
    assert (found, about) == (level, "programs")
    assert words in text


def test_programs_in_a_row_are_no_circle(clients: Recorded) -> None:
    """One takes all that the other makes, which is what it is for."""
    clients.set_variables(
        OSSFERRY_PROGRAM_RULES=f"incoming/a/* -> p -> oss://{BUCKET}/incoming/b/,"
        f"incoming/b/* -> q -> oss://{BUCKET}/out/"
    )
    assert clients.wrong() == []


def test_outputs_of_messages_that_a_trigger_sees(clients: Recorded) -> None:
    """They would be copied."""
    clients.set_variables(OSSFERRY_MESSAGE_PROGRAM=f"orders -> oss://{BUCKET}/incoming/orders/")
    ((level, about, text),) = clients.wrong()
    assert (level, about) == ("warning", "programs")
    assert text.startswith("arrivals: it listens to ossferry-local/incoming/, where outputs of")


def test_what_a_suffix_keeps_out(clients: Recorded) -> None:
    """The trigger tells of other objects."""
    clients.set_variables(OSSFERRY_PROGRAM_RULES=RULE)
    listen(clients, "incoming/", ".mp4")
    assert clients.wrong() == []
    listen(clients, "incoming/", ".mov")
    assert [text for *_, text in clients.wrong()] == [
        "no OSS trigger tells of what the rule for incoming/*.mp4 takes"
    ]


def test_what_programs_take_needs_no_bucket_for_copies(clients: Recorded) -> None:
    """Unless a rule leaves something."""
    rest = {
        name: value
        for name, value in clients.described["environmentVariables"].items()
        if not name.startswith("OSSFERRY_")
    }
    rule = f"incoming/* -> cut -> oss://{BUCKET}/out/"
    clients.described["environmentVariables"] = {**rest, "OSSFERRY_PROGRAM_RULES": rule}
    assert clients.wrong() == []
    clients.set_variables(OSSFERRY_PROGRAM_RULES=RULE)
    assert [each[1:] for each in clients.wrong()] == [
        ("triggers", "arrivals: it has no bucket to copy to")
    ]


_TEXT = st.text("a/", max_size=3)


@given(pattern=st.text("a/*", min_size=1, max_size=4), prefix=_TEXT, suffix=_TEXT, rest=_TEXT)
def test_what_a_trigger_tells_of_and_a_rule_takes(
    pattern: str, prefix: str, suffix: str, rest: str
) -> None:
    """No rule is said to be without a trigger that tells of some object that it takes."""
    rule, seen = ProgramRule(pattern, "p", "b", ""), Listens("t", "b", prefix, suffix)
    for key in (pattern.replace("*", rest), f"{prefix}{rest}{suffix}", prefix + rest):
        if rule.takes(key) and key.startswith(prefix) and key.endswith(suffix):
            assert seen.may_fire(rule)
    if takes_all([rule], prefix):
        assert rule.takes(prefix + rest)


@pytest.mark.parametrize(
    ("info", "level", "words"),
    [
        (CallRefused(404, "NoSuchBucket"), "problem", "no such bucket"),
        (BucketInfo("cn-hangzhou", versioning="Suspended"), "warning", "with then is refused"),
    ],
)
def test_targets(clients: Recorded, info: BucketInfo | Exception, level: str, words: str) -> None:
    """Their buckets are looked at like those of copies, and what the role may do there is tried."""
    clients.set_variables(OSSFERRY_PROGRAM_RULES=RULE)
    clients.bucket = info
    found = [each for each in clients.wrong() if words in each[2]]
    assert [each[:2] for each in found] == [(level, f"bucket {BUCKET}")]


def test_targets_are_tried(clients: Recorded) -> None:
    """Reading records, and listing what crashed attempts left."""
    clients.set_variables(OSSFERRY_PROGRAM_RULES=RULE.replace(BUCKET, "outputs"))
    assert clients.wrong() == []
    assert {each["target_bucket_name"] for each in clients.events} == {BUCKET, "outputs"}


def test_a_target_in_another_region(clients: Recorded) -> None:
    """Is found by the function only if it is told where."""
    clients.set_variables(OSSFERRY_PROGRAM_RULES=RULE)
    clients.bucket = BucketInfo("cn-shanghai")
    said = (
        "it is in cn-shanghai, and the function looks for it in cn-hangzhou to store what cut makes"
    )
    assert ("problem", f"bucket {BUCKET}", said) in clients.wrong()
    clients.set_variables(OSSFERRY_TARGET_REGION="oss-cn-shanghai")
    assert [each[0] for each in clients.wrong()] == ["warning"]  # copies pass the internet


def test_targets_that_are_not_allowed(clients: Recorded) -> None:
    """By the setting for all that is written."""
    clients.set_variables(OSSFERRY_PROGRAM_RULES=RULE, OSSFERRY_ALLOW_TARGETS=f"{BUCKET}/arrived/")
    ((level, about, text),) = clients.wrong()
    assert (level, about) == ("problem", "programs")
    assert "OSSFERRY_ALLOW_TARGETS does not name that" in text


def test_disk_and_time(clients: Recorded) -> None:
    """What there is, is said; what is too little, if the package is here."""
    clients.set_variables(OSSFERRY_PROGRAM_RULES=RULE)
    large = CUT + b"disk_mb = 4000\nseconds = 3600\n"
    disk, seconds = clients.wrong(package=packed(clients, cut=large))
    assert disk[:2] == seconds[:2] == ("warning", "programs")
    assert disk[2] == "programs/cut.toml: its disk_mb of 4000 is more than diskSize, 512 MB"
    assert "its 3600 seconds are more than the 3580" in seconds[2]
    clients.described["diskSize"] = 10240
    clients.set_variables(OSSFERRY_TARGET_BUCKET=BUCKET)
    assert clients.wrong(package=packed(clients, cut=CUT + b"disk_mb = 4000\n")) == []
    clients.described["diskSize"] = 512
    clients.set_variables(TMPDIR="/mnt/large")
    assert clients.wrong(package=packed(clients, cut=CUT + b"disk_mb = 4000\n")) == []


@pytest.mark.parametrize(
    ("descriptions", "words"),
    [
        ({}, "there is no program cut, and none is deployed"),
        ({"cat": CUT}, "there is no program cut"),
        ({"cut": b"="}, "programs/cut.toml is no TOML"),
        ({"cut": b"seconds = 1"}, "it needs either a command or a function"),
        ({"cut": GATHER}, "a program with gathers is for then, and only such a one is"),
        ({"cut": CUT + b'[parameters.x]\nvalues = ["a"]\n'}, "parameters.x is missing"),
        ({"cut": CUT + b"[then]\nwhen = 4\n"}, "programs/cut.toml: then: "),
        (
            {
                "cut": CUT + b'[then]\nprogram = "pack"\nwhen = 4\ntarget = "oss://bbb/"\n',
                "pack": CUT,
            },
            "programs/pack.toml: then is for a program that gathers",
        ),
    ],
)
def test_what_the_package_has(
    clients: Recorded, descriptions: dict[str, bytes], words: str
) -> None:
    """By the sentence of the function."""
    clients.set_variables(OSSFERRY_PROGRAM_RULES=RULE)
    ((level, about, text),) = clients.wrong(package=packed(clients, **descriptions))
    assert (level, about) == ("problem", "programs")
    assert words in text


def test_a_depot_may_have_what_the_package_has_not(clients: Recorded) -> None:
    """What is in it is not looked at, so then may be in it, too."""
    clients.set_variables(OSSFERRY_PROGRAM_RULES=RULE, OSSFERRY_DEPOT=f"oss://{BUCKET}/d.zip -> d")
    assert clients.wrong(package=packed(clients)) == []
    clients.bucket = BucketInfo("cn-hangzhou", versioning="Suspended")
    assert [each[0] for each in clients.wrong(package=packed(clients))] == ["warning"]


def test_then(clients: Recorded) -> None:
    """It needs a bucket that never had versioning, and, to end a wait, a timer for that."""
    then = b'[then]\nprogram = "pack"\nwhen = 4\ntarget = "oss://bbb/"\nmax_wait = 60\n'
    package = packed(clients, cut=CUT + then, pack=GATHER)
    clients.set_variables(OSSFERRY_PROGRAM_RULES=RULE)
    assert clients.wrong(package=package) == []
    clients.bucket = BucketInfo("cn-hangzhou", versioning="Suspended")
    ((level, about, text),) = clients.wrong(package=package)
    assert (level, about) == ("problem", f"bucket {BUCKET}")
    assert "lets two make the same batch" in text
    assert clients.wrong(package=packed(clients, cut=CUT)) == []
    clients.bucket = BucketInfo("cn-hangzhou")
    clients.set_variables(OSSFERRY_PROGRAM_RULES=RULE.replace(BUCKET, "outputs"))
    ((level, about, text),) = clients.wrong(package=package)
    assert (level, about) == ("warning", "programs")
    assert text.startswith("no timer wakes what waits in outputs")
    wake = deepcopy(clients.trigger("wake"))
    config = json.loads(wake["triggerConfig"])
    payload = json.loads(config["payload"]) | {"target_bucket_name": "outputs"}
    wake["triggerConfig"] = json.dumps({**config, "payload": json.dumps(payload)})
    clients.triggers.append({**wake, "triggerName": "wake-outputs"})
    assert clients.wrong(package=package) == []


def test_a_package_is_read(tmp_path: Path) -> None:
    """Descriptions only; a file that is no zip has none."""
    path = tmp_path / "package.zip"
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr("programs/cut.toml", CUT)
        zipped.writestr("programs/cut.sh", "")
        zipped.writestr("programs/../x.toml", "")
    found = read(path)
    assert found.descriptions == {"cut.toml": CUT}
    assert found.find("cut").command == ("/bin/true", "{file}")
    path.write_bytes(b"123456789")
    assert read(path) == Package(0x995DC9BBDF1939FA, {})
