"""Prefixes of buckets, from end to end: what is copied, what is left, and what that costs."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import oss2
import pytest
import requests

from tests.e2e.bulk_jobs import bulk_event, done, forget, keys_below, listed, refused, report
from tests.e2e.interrupted import record_names
from tests.e2e.spotless import staying_spotless
from tests.e2e.transfers import headers_of, stored
from tests.e2e.two_regions import crossroads
from tests.localcloud.client import LocalCloud, started

FAR = "far-away"
MIB = 1024 * 1024
AWKWARD = (
    "a b+c%2F",
    ".",
    "..",
    "dot/./and/../more//slashes/",
    "back\\slash",
    "鍵" * 300,
    "é/鍵",
    "x//y",
    "dir/",
    "q?a=b#c&d",
    "tab\tline\n",
    "'\"<&>",
    "k" * 900,
)


@pytest.fixture(autouse=True)
def records(cloud: LocalCloud) -> Iterator[None]:
    """Reports stay for who asked for them, but not for the next test."""
    yield
    forget(cloud)


@pytest.fixture(scope="module")
def two_regions() -> Iterator[LocalCloud]:
    """A cloud whose function reaches OSS in both regions."""
    with crossroads() as roads, started(env={"OSSFERRY_OSS_ENDPOINT": roads.endpoint}) as running:
        roads.usual = running.oss_endpoint
        roads.places[FAR] = running.second_oss_endpoint
        yield running


@pytest.fixture
def far(two_regions: LocalCloud) -> Iterator[oss2.Bucket]:
    """A bucket in the other region."""
    auth = oss2.AuthV4(two_regions.access_key_id, two_regions.access_key_secret)
    region = two_regions.second_region
    bucket = oss2.Bucket(auth, two_regions.second_oss_endpoint, FAR, region=region)
    bucket.create_bucket()
    with staying_spotless(two_regions):
        yield bucket
    forget(two_regions)


def source_of(cloud: LocalCloud, prefix: str, bucket: str | None = None) -> str:
    return f"oss://{bucket or cloud.bucket_name}/{prefix}"


def put(bucket: oss2.Bucket, prefix: str, *names: str) -> dict[str, bytes]:
    """Put an object for each name, and return what they hold."""
    contents = {name: f"what is in {name}".encode() for name in names}
    for name, content in contents.items():
        bucket.put_object(f"{prefix}{name}", content)
    return contents


def requests_of(cloud: LocalCloud) -> dict[str, int]:
    """Return how often OSS was asked for each operation."""
    reply = requests.get(f"{cloud.oss_endpoint}/-/requests", timeout=30)
    return {str(name): int(count) for name, count in reply.json().items()}


def test_a_prefix_of_the_same_region_is_copied_by_oss(cloud: LocalCloud, key: str) -> None:
    """With headers, metadata and tags, by a request each, whatever the keys look like."""
    contents = put(cloud.bucket, f"{key}/from/", *AWKWARD, *(f"n/{n}" for n in range(40)))
    headers = {
        "Content-Type": "text/x-odd",
        "Cache-Control": "max-age=7",
        "x-oss-meta-colour": "red",
        "x-oss-tagging": "a=1&b=2",
    }
    cloud.bucket.put_object(f"{key}/from/dressed", b"dressed", headers=headers)
    before = requests_of(cloud)
    reply = done(cloud, f"{key}/to/", source=source_of(cloud, f"{key}/from/"))
    after = requests_of(cloud)
    assert (reply["status"], reply["copied"]) == ("completed", len(contents) + 1)
    assert after["CopyObject"] - before.get("CopyObject", 0) == len(contents) + 1
    assert after.get("HeadObject", 0) == before.get("HeadObject", 0)
    for name, content in contents.items():
        assert stored(cloud, f"{key}/to/{name}") == content
    copied = headers_of(cloud, f"{key}/to/dressed")
    assert copied["Content-Type"] == "text/x-odd"
    assert copied["Cache-Control"] == "max-age=7"
    assert copied["x-oss-meta-colour"] == "red"
    tags = cloud.bucket.get_object_tagging(f"{key}/to/dressed").tag_set.tagging_rule
    assert tags == {"a": "1", "b": "2"}


def test_a_second_run_does_nothing_but_list(cloud: LocalCloud, key: str) -> None:
    """No object is looked at or copied whose listing says that it is the same."""
    contents = put(cloud.bucket, f"{key}/from/", *(f"{n}" for n in range(60)))
    done(cloud, f"{key}/to/", source=source_of(cloud, f"{key}/from/"))
    before = requests_of(cloud)
    reply = done(cloud, f"{key}/to/", source=source_of(cloud, f"{key}/from/"))
    after = requests_of(cloud)
    assert (reply["copied"], reply["unchanged"]) == (0, len(contents))
    for operation in ("CopyObject", "HeadObject"):
        assert after.get(operation, 0) == before.get(operation, 0)
    assert reply["requests"]["oss"] == 0
    assert reply["invocations"] == 0


def test_a_prefix_of_another_region_is_copied(two_regions: LocalCloud, far: oss2.Bucket) -> None:
    """Through the function: identical bytes, headers and tags, small and large."""
    contents = put(far, "from/", *AWKWARD, *(f"n/{n}" for n in range(40)))
    contents["large"] = b"0123456789abcdef" * (9 * MIB // 16)
    headers = {"Content-Type": "text/x-odd", "x-oss-meta-colour": "red", "x-oss-tagging": "a=1"}
    far.put_object("from/large", contents["large"], headers=headers)
    contents["small"] = b"small"
    far.put_object("from/small", b"small", headers=headers)
    asked = {"source": source_of(two_regions, "from/", FAR)}
    asked["source_region"] = two_regions.second_region
    reply = done(two_regions, "to/", **asked)
    assert (reply["status"], reply["copied"]) == ("completed", len(contents)), reply
    for name, content in contents.items():
        assert stored(two_regions, f"to/{name}") == content
    for name in ("large", "small"):
        copied = headers_of(two_regions, f"to/{name}")
        assert copied["Content-Type"] == "text/x-odd"
        assert copied["x-oss-meta-colour"] == "red"
        tags = two_regions.bucket.get_object_tagging(f"to/{name}").tag_set.tagging_rule
        assert tags == {"a": "1"}
    again = done(two_regions, "to/", **asked)
    assert (again["copied"], again["unchanged"]) == (0, len(contents))


def test_a_list_names_objects_of_another_region(two_regions: LocalCloud, far: oss2.Bucket) -> None:
    """Each item by its own region, which it keeps when it is done again."""
    far.put_object("listed/there", b"there")
    region = {"source_region": two_regions.second_region}
    lines = [{"source_url": source_of(two_regions, f"listed/{n}", FAR)} for n in ("there", "late")]
    text = "".join(json.dumps({**line, **region}) + "\n" for line in lines)
    reply = done(two_regions, "one/", list=listed(two_regions, "far.jsonl", text))
    assert (reply["copied"], reply["causes"]) == (1, {"source": 1})
    far.put_object("listed/late", b"late")
    again = done(two_regions, "one/", list=reply["report"]["failed_jsonl"])
    assert (again["status"], again["copied"]) == ("completed", 1)
    assert stored(two_regions, "one/late") == b"late"
    assert stored(two_regions, "one/there") == b"there"


def test_an_object_that_changes_meanwhile_is_copied_as_it_is(cloud: LocalCloud, key: str) -> None:
    """One that goes is a failure of its own; hiccups are none."""
    contents = put(cloud.bucket, f"{key}/from/", *"abcd")
    copy = {"server": "oss", "operation": "CopyObject"}
    faults = [
        {**copy, "key": f"{key}/to/a", "status": 412, "code": "PreconditionFailed", "times": 1},
        {**copy, "key": f"{key}/to/b", "status": 404, "code": "NoSuchKey"},
        {**copy, "key": f"{key}/to/c", "status": 503, "code": "SlowDown", "times": 2},
        {**copy, "key": f"{key}/to/d", "drop_reply": True, "times": 1},
    ]
    cloud.faults("oss", faults)
    reply = done(cloud, f"{key}/to/", source=source_of(cloud, f"{key}/from/"))
    assert (reply["copied"], reply["failed"]) == (3, 1), report(cloud, reply)
    [row] = [row for row in report(cloud, reply) if row["outcome"] == "failed"]
    assert (row["error_type"], row["key"]) == ("SourceGone", f"{key}/to/b")
    for name in "acd":
        assert stored(cloud, f"{key}/to/{name}") == contents[name]


def test_a_selection_takes_what_it_names(cloud: LocalCloud, key: str) -> None:
    """Patterns, sizes and dates, all at once."""
    put(cloud.bucket, f"{key}/from/", "a.log", "deep/b.log", "tmp/c.log", "d.txt")
    cloud.bucket.put_object(f"{key}/from/tiny.log", b"1")
    source = source_of(cloud, f"{key}/from/")
    chosen = {"include": ["*.log"], "exclude": ["tmp/"], "min_size": 2}
    hour = "%Y-%m-%dT%H:%M:%SZ"
    past, future = (time.strftime(hour, time.gmtime(time.time() + n)) for n in (-3600, 3600))
    none = done(cloud, f"{key}/to/", source=source, modified_after=future, **chosen)
    assert (none["status"], none["items"]) == ("completed", 0)
    reply = done(cloud, f"{key}/to/", source=source, modified_after=past, **chosen)
    assert reply["items"] == reply["copied"] == 2
    assert keys_below(cloud, f"{key}/to/") == {"a.log", "deep/b.log"}


@pytest.mark.parametrize("overwrite", ["different", "newer", "always", "never"])
def test_what_is_there_is_treated_as_asked(cloud: LocalCloud, overwrite: str) -> None:
    """The same, another one that is older, another one that is newer, and none."""
    prefix = f"overwrite-{overwrite}/"
    source, target = f"{prefix}from/", f"{prefix}to/"
    put(cloud.bucket, target, "old")
    cloud.bucket.put_object(f"{target}old", b"old one")
    time.sleep(1.1)
    contents = put(cloud.bucket, source, "same", "old", "new", "none")
    put(cloud.bucket, target, "same")
    time.sleep(1.1)
    cloud.bucket.put_object(f"{target}new", b"newer one of nobody")
    reply = done(cloud, target, source=source_of(cloud, source), overwrite=overwrite)
    replaced = {
        "different": {"old", "new", "none"},
        "newer": {"old", "none"},
        "always": {"same", "old", "new", "none"},
        "never": {"none"},
    }[overwrite]
    rows = {row["key"].removeprefix(target): row["outcome"] for row in report(cloud, reply)}
    assert {name for name, outcome in rows.items() if outcome == "copied"} == replaced
    for name in ("old", "new", "none"):
        now = stored(cloud, f"{target}{name}") if name != "none" or name in replaced else b""
        assert (now == contents[name]) == (name in replaced)


def test_the_same_size_is_told_apart(cloud: LocalCloud, key: str) -> None:
    """Also where no MD5 tells: objects of several parts are compared by their CRC64."""
    source, target = f"{key}/from/", f"{key}/to/"
    for prefix, content in ((source, b"1" * MIB), (target, b"2" * MIB)):
        upload = cloud.bucket.init_multipart_upload(f"{prefix}parts").upload_id
        parts = [
            oss2.models.PartInfo(
                n, cloud.bucket.upload_part(f"{prefix}parts", upload, n, content).etag
            )
            for n in (1, 2)
        ]
        cloud.bucket.complete_multipart_upload(f"{prefix}parts", upload, parts)
        cloud.bucket.put_object(f"{prefix}whole", content)
    first = done(cloud, target, source=source_of(cloud, source))
    assert first["copied"] == 2
    second = done(cloud, target, source=source_of(cloud, source))
    assert (second["copied"], second["unchanged"]) == (0, 2)
    for name in ("parts", "whole"):
        assert stored(cloud, f"{target}{name}") == stored(cloud, f"{source}{name}")


def test_symlinks_are_left_and_named(cloud: LocalCloud, key: str) -> None:
    """They would lead nowhere."""
    put(cloud.bucket, f"{key}/from/", "file")
    cloud.bucket.put_symlink(f"{key}/from/file", f"{key}/from/link")
    reply = done(cloud, f"{key}/to/", source=source_of(cloud, f"{key}/from/"))
    assert (reply["copied"], reply["skipped"]) == (1, 1)
    [row] = [row for row in report(cloud, reply) if row["outcome"] == "skipped"]
    assert "symlink" in row["error"]
    assert keys_below(cloud, f"{key}/to/") == {"file"}


def test_a_dry_run_of_a_prefix_writes_nothing(cloud: LocalCloud, key: str) -> None:
    """It only lists."""
    contents = put(cloud.bucket, f"{key}/from/", *"abc")
    put(cloud.bucket, f"{key}/to/", "a")
    source = source_of(cloud, f"{key}/from/")
    reply = cloud.invoke(bulk_event(cloud, f"{key}/to/", source=source, dry_run=True))
    assert (reply["status"], reply["items"], reply["copy"]) == ("dry_run", 3, 2)
    assert reply["bytes"] == len(contents["b"]) + len(contents["c"])
    assert keys_below(cloud, f"{key}/to/") == {"a"}
    assert not record_names(cloud)


def test_a_prefix_within_its_target_is_refused(cloud: LocalCloud, key: str) -> None:
    """Its copies would be copied again."""
    error = refused(cloud, f"{key}/in/", source=source_of(cloud, f"{key}/"))
    assert error.error_type == "InvalidEvent"


def test_a_source_that_is_no_bucket_is_one_error(cloud: LocalCloud, key: str) -> None:
    """Its name, and what to do, in one sentence."""
    error = refused(cloud, f"{key}/", source="oss://no-such-bucket-here/a/")
    assert "no-such-bucket-here" in error.message


def test_an_object_that_cannot_be_read_fails_alone(cloud: LocalCloud, key: str) -> None:
    """An archived one, say: the others are copied."""
    put(cloud.bucket, f"{key}/from/", "a", "c")
    headers = {"x-oss-storage-class": "Archive"}
    cloud.bucket.put_object(f"{key}/from/b", b"frozen", headers=headers)
    reply = done(cloud, f"{key}/to/", source=source_of(cloud, f"{key}/from/"))
    assert (reply["copied"], reply["failed"]) == (2, 1)
    [row] = [row for row in report(cloud, reply) if row["outcome"] == "failed"]
    assert row["key"] == f"{key}/to/b"
