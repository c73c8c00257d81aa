"""Prefixes and lists of other clouds, from end to end."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import unquote

import pytest

from tests.e2e.bulk_jobs import (
    assert_consistent,
    bulk_event,
    done,
    failures,
    forget,
    in_the_end,
    keys_below,
    listed,
    refused,
)
from tests.e2e.contents import bytes_of
from tests.e2e.interrupted import kill_coordinator, record_names
from tests.e2e.other_clouds import FILMS, REGION, SMALL, OtherClouds, other_clouds
from tests.e2e.spotless import staying_spotless
from tests.e2e.transfers import replied, stored
from tests.localcloud.client import FunctionError
from tests.localcloud.faces.face import Face
from tests.localcloud.faces.stored import Generated, Stored
from tests.localcloud.patience import eventually

LARGE = 9 * 1024 * 1024 + 1
S3, COS = "s3://media", f"cos://{FILMS}"
both = pytest.mark.parametrize("store", [S3, COS], ids=["s3", "cos"])
STRANGE = (
    *("a b", "a+b", "a%20b", "100%", "中文/文件 名.txt", "x//y", "x/", "x", "dir/", "'\"<&>"),
    *("\u3000", "q?a=b#c&d", "dot/./and", "tilde~", "é"),
)


@pytest.fixture(scope="module")
def running() -> Iterator[OtherClouds]:
    with other_clouds() as running:
        yield running


@pytest.fixture
def clouds(running: OtherClouds) -> Iterator[OtherClouds]:
    for face in (running.s3, running.cos):
        face.faults()
    with staying_spotless(running.cloud):
        yield running
    forget(running.cloud)


def face_of(clouds: OtherClouds, store: str) -> Face:
    return clouds.s3 if store == S3 else clouds.cos


def put(clouds: OtherClouds, store: str, prefix: str, *names: str) -> dict[str, bytes]:
    """Put an object for each name, the third of them empty, and return what they hold."""
    contents = {
        name: f"what is in {name}".encode() if n % 3 else b"" for n, name in enumerate(names)
    }
    bucket = store.partition("://")[2]
    for name, content in contents.items():
        face_of(clouds, store).put(f"{bucket}/{prefix}{name}", content)
    return contents


def asked(face: Face, prefix: str) -> list[str]:
    """Return the methods of all requests for objects below a prefix."""
    found = [each for each in face.requests()["requests"] if prefix in unquote(each["path"])]
    return [each["method"] for each in found]


@both
def test_a_prefix_is_copied(clouds: OtherClouds, key: str, store: str) -> None:
    """Thousands of objects, whatever their keys look like; a request each, and no more."""
    cloud, names = clouds.cloud, [*STRANGE, *(f"n/{n:04} é+%" for n in range(2485))]
    contents = put(clouds, store, f"{key}/", *names)
    event = {"source": f"{store}/{key}/", "credentials": "aws"}
    reply = done(cloud, f"{key}/", **event)
    assert (reply["status"], reply["copied"], reply["items"]) == ("completed", 2500, 2500)
    assert reply["format"] == "prefix"
    assert keys_below(cloud, f"{key}/") == {*contents}
    for name in (*STRANGE, *names[-1:0:-97]):
        assert stored(cloud, f"{key}/{name}") == contents[name]
    assert reply["requests"]["source"] == 2500
    again = done(cloud, f"{key}/", **event)
    assert (again["copied"], again["unchanged"]) == (0, 2500)
    assert (again["requests"]["source"], again["requests"]["oss"]) == (0, 0)


def test_a_killed_coordinator_is_gone_on_from(clouds: OtherClouds, key: str) -> None:
    """From the key that it had reached, and nothing on record is asked for again."""
    cloud, names = clouds.cloud, [f"{n:03}" for n in range(300)]
    contents = put(clouds, S3, f"{key}/", *names)
    for name in names:
        clouds.s3.behave(f"media/{key}/{name}", "delay:0.6")
    event = bulk_event(cloud, f"{key}/", source=f"{S3}/{key}/", credentials="aws")
    with ThreadPoolExecutor(1) as caller:
        call = caller.submit(cloud.invoke, event)
        eventually(lambda: any("/results/" in each for each in record_names(cloud)), within=30)
        assert kill_coordinator(cloud, "bulk")
        with pytest.raises(FunctionError, match="exited unexpectedly"):
            call.result()
    eventually(lambda: not any(each["busy"] for each in cloud.instances()))
    reply = replied(cloud, event)
    assert (reply["status"], reply["copied"] + reply["unchanged"]) == ("completed", 300)
    assert_consistent(cloud, reply)
    assert keys_below(cloud, f"{key}/") == {*contents}
    once = [name for name in names if len(asked(clouds.s3, f"/media/{key}/{name}")) == 1]
    assert len(once) > 16


@both
def test_large_objects_are_transfers(clouds: OtherClouds, key: str, store: str) -> None:
    """By parts, without a request for the whole of one first; sent again, they are there."""
    bucket = store.partition("://")[2]
    for name in "ab":
        face_of(clouds, store).put(f"{bucket}/{key}/{name}", Generated(f"large-{name}", LARGE))
    put(clouds, store, f"{key}/", "small", "smaller")
    event = {"source": f"{store}/{key}/", "credentials": "aws"}
    reply = done(clouds.cloud, f"{key}/", **event)
    assert (reply["copied"], reply["bytes"] > 2 * LARGE) == (4, True)
    for name in "ab":
        assert stored(clouds.cloud, f"{key}/{name}") == bytes_of(f"large-{name}", LARGE)
    whole = [
        each
        for each in face_of(clouds, store).requests()["requests"]
        if f"{key}/a" in unquote(each["path"]) and each["method"] == "GET" and not each["range"]
    ]
    assert whole == []
    again = done(clouds.cloud, f"{key}/", **event)
    assert (again["copied"], again["unchanged"]) == (0, 4)


@both
def test_what_is_archived_fails_by_itself(clouds: OtherClouds, key: str, store: str) -> None:
    """The others are copied; restored in its own cloud, it is done again by its name alone."""
    cloud, bucket = clouds.cloud, store.partition("://")[2]
    put(clouds, store, f"{key}/", "1", "2", "3")
    cold = "GLACIER" if store == S3 else "ARCHIVE"
    where = f"{bucket}/{key}/cold"
    face_of(clouds, store).put(where, Stored(SMALL, storage_class=cold))
    event = {"source": f"{store}/{key}/", "credentials": "aws"}
    reply = done(cloud, f"{key}/", **event)
    assert (reply["status"], reply["copied"]) == ("completed_with_failures", 3)
    [failed] = failures(cloud, reply)
    assert failed["error_type"] == "SourceArchived"
    assert "restore it there" in failed["error"]
    assert (failed["source_url"], failed["credentials"]) == (f"{store}/{key}/cold", "aws")
    assert len(asked(face_of(clouds, store), f"{key}/cold")) == 1
    face_of(clouds, store).put(where, Stored(SMALL, storage_class=cold, restored=True))
    again = done(cloud, f"{key}/", again="failed", id=reply["id"])
    assert (again["status"], again["copied"]) == ("completed", 1)
    assert stored(cloud, f"{key}/cold") == SMALL


def test_a_list_has_all_kinds(clouds: OtherClouds, key: str) -> None:
    """URLs and objects of three clouds: where each is, a row or the settings say."""
    cloud = clouds.cloud
    cloud.bucket.put_object(f"{key}/own", b"own")
    put(clouds, S3, f"{key}/", "a b,+%", "two")
    put(clouds, COS, f"{key}/", "é", "three")
    url = cloud.generated(f"{key}url", 77)
    sources = [url, f"{S3}/{key}/two", f"{COS}/{key}/three", f"oss://{cloud.bucket_name}/{key}/own"]
    text = "".join(f"{each}\t{n}\n" for n, each in enumerate(sources))
    reply = done(cloud, f"{key}/tsv/", list=listed(cloud, f"{key}.tsv", text))
    assert (reply["status"], reply["copied"]) == ("completed", 4), failures(cloud, reply)
    assert stored(cloud, f"{key}/tsv/1") == b"what is in two"
    assert stored(cloud, f"{key}/tsv/2") == b"what is in three"
    quoted = f'"{S3}/{key}/a b,+%"\n{COS}/{key}/é,name\n'
    reply = done(cloud, f"{key}/csv/", list=listed(cloud, f"{key}.csv", quoted), credentials="aws")
    assert (reply["status"], reply["copied"]) == ("completed", 2), failures(cloud, reply)
    assert keys_below(cloud, f"{key}/csv/") == {"a b,+%", "name"}
    rows = [
        {"source_url": f"{S3}/{key}/two", "credentials": "temporary"},
        {"source_url": f"{COS}/{key}/three", "expected_size": 3},
        {"source_url": f"{S3}/{key}/missing", "source_region": "eu-west-1"},
        {"source_url": "s3://films/x", "target_object_name": "x"},
        {"source_url": url, "target_object_name": "url"},
    ]
    reply = done(cloud, f"{key}/items/", items=rows)
    assert (reply["copied"], reply["failed"]) == (2, 3)
    told = {each["target_object_name"]: each["error"] for each in failures(cloud, reply)}
    assert "expected_size is 3" in told["three"]
    assert "is not there" in told["missing"]
    assert "source_region is missing" in told["x"]


@both
def test_a_list_lies_where_its_objects_do(clouds: OtherClouds, key: str, store: str) -> None:
    """Read with the same keys as they are, and as often as a job needs it: also after its end."""
    cloud, bucket = clouds.cloud, store.partition("://")[2]
    contents = put(clouds, store, f"{key}/", "a", "b")
    text = f"{store}/{key}/a\tone\n{store}/{key}/b\ttwo\n{store}/{key}/none\tthree\n"
    face_of(clouds, store).put(f"{bucket}/{key}/list.tsv", text.encode())
    fields = {"list": f"{store}/{key}/list.tsv", "credentials": "aws"}
    reply = replied(cloud, bulk_event(cloud, f"{key}/", **fields, fail_above=1))
    assert (reply["copied"], reply["failed"]) == (2, 1)
    assert_consistent(cloud, reply)
    assert [stored(cloud, f"{key}/{name}") for name in ("one", "two")] == [*contents.values()]
    again = replied(cloud, bulk_event(cloud, f"{key}/", **fields, fail_above=1))
    assert again["unchanged"] == 2
    gone = refused(cloud, f"{key}/", **{**fields, "list": f"{store}/{key}/no-list"})
    assert gone.error_type == "SourceGone"
    wrong = refused(cloud, f"{key}/", **{**fields, "credentials": "wrong"})
    assert wrong.error_type == "SourceRefused"


@both
def test_an_inventory_is_read_where_its_cloud_wrote_it(
    clouds: OtherClouds, key: str, store: str
) -> None:
    """Its manifest, then its files, by their keys in the same bucket; what is gone is left out."""
    cloud, face, bucket = clouds.cloud, face_of(clouds, store), store.partition("://")[2]
    put(clouds, store, f"{key}/", "a b", "c+d", "é")
    files = [f"inventory/{key}/data/{n}.csv.gz" for n in range(2)]
    rows = [
        f'"{bucket}","{key}/a+b","","true","false"\n"{bucket}","{key}/c%2Bd","","true","false"\n',
        f'"{bucket}","{key}/%C3%A9","","true","false"\n"{bucket}","{key}/x","","true","true"\n',
    ]
    for name, text in zip(files, rows, strict=True):
        face.put(f"{bucket}/{name}", gzip.compress(text.encode()))
    manifest = {
        "fileFormat": "CSV",
        "fileSchema": "Bucket, Key, VersionId, IsLatest, IsDeleteMarker",
        "files": [{"key": name} for name in files],
        **(
            {"sourceBucket": bucket, "destinationBucket": f"arn:aws:s3:::{bucket}"}
            if store == S3
            else {"sourceAppid": "1250000000", "sourceBucket": bucket.rpartition("-")[0]}
        ),
    }
    name = f"inventory/{key}/manifest.json"
    face.put(f"{bucket}/{name}", json.dumps(manifest).encode())
    reply = done(cloud, f"{key}/to/", list=f"{store}/{name}", credentials="aws")
    assert (reply["status"], reply["copied"], reply["items"]) == ("completed", 3, 3)
    found = keys_below(cloud, f"{key}/to/")
    assert found == {f"{key}/{each}" for each in ("a b", "c+d", "é")}


def test_a_list_elsewhere_outlasts_its_invocation(key: str) -> None:
    """Whoever goes on signs for it anew."""
    with other_clouds(timeout=12) as clouds, staying_spotless(clouds.cloud):
        cloud = clouds.cloud
        url = cloud.generated(key, 100, "delay:1.5")
        rows = "".join(f"{url}&n={n}\t{n}\n" for n in range(150))
        clouds.s3.put(f"media/{key}.tsv", rows.encode())
        before = len(clouds.sign_times(clouds.s3))
        fields = {"list": f"{S3}/{key}.tsv", "credentials": "aws", "max_children": 0}
        told = in_the_end(cloud, bulk_event(cloud, f"{key}/", **fields))
        assert told["copied"] + told["unchanged"] == 150
        assert len({*clouds.sign_times(clouds.s3)[before:]}) > 1
        assert len([each for each in cloud.invocations() if each["role"] == "bulk"]) > 1
        forget(cloud)


def test_objects_are_chosen_and_left(clouds: OtherClouds, key: str) -> None:
    """By patterns, sizes and what is at the target; and without copying, it is said beforehand."""
    cloud = clouds.cloud
    put(clouds, S3, f"{key}/", "a.txt", "b.txt", "c.bin", "tmp/d.txt")
    event = {"source": f"{S3}/{key}/", "credentials": "aws", "include": "*.txt", "exclude": "tmp/"}
    plan = replied(cloud, bulk_event(cloud, f"{key}/", **event, dry_run=True))
    assert (plan["status"], plan["items"], plan["copy"]) == ("dry_run", 2, 2)
    assert plan["requests"] == {"source": 2, "oss": 2}
    assert done(cloud, f"{key}/", **event)["copied"] == 2
    assert keys_below(cloud, f"{key}/") == {"a.txt", "b.txt"}
    time.sleep(1.1)  # stores tell whole seconds
    put(clouds, S3, f"{key}/", "x", "b.txt")
    event = {"source": f"{S3}/{key}/", "credentials": "aws"}
    never = done(cloud, f"{key}/", **event, overwrite="never", max_size=20)
    assert (never["copied"], never["skipped"]) == (3, 2)
    newer = done(cloud, f"{key}/", **event, overwrite="newer")
    assert (newer["copied"], newer["skipped"]) == (1, 4), "b.txt alone"
    always = done(cloud, f"{key}/", **event, overwrite="always")
    assert always["copied"] == 5
    rest = done(cloud, f"{key}/", **event)
    assert rest["unchanged"] == 5


def test_a_listing_that_is_refused_at_first_goes_on(clouds: OtherClouds, key: str) -> None:
    """503 costs a moment. What is refused for good is the error of the job, and says what to do."""
    cloud = clouds.cloud
    put(clouds, S3, f"{key}/", "1", "2")
    clouds.s3.faults({"operation": "ListObjects", "status": 503, "times": 3})
    event = {"source": f"{S3}/{key}/", "credentials": "aws"}
    assert done(cloud, f"{key}/", **event)["copied"] == 2
    error = refused(cloud, f"{key}/2/", **{**event, "credentials": "barred"})
    assert error.error_type == "SourceRefused"
    assert "the keys of OSSFERRY_CREDENTIALS_BARRED may not list s3://media" in error.message
    error = refused(cloud, f"{key}/3/", **{**event, "credentials": "wrong"})
    assert "the secret of OSSFERRY_CREDENTIALS_WRONG is not that of its access key" in error.message
    error = refused(cloud, f"{key}/4/", **event, thaw=True)
    assert "thaw is for objects in OSS" in error.message
    error = refused(cloud, f"{key}/5/", source="s3://other/x/", credentials="aws")
    assert "are not for s3://other" in error.message


def test_a_busy_store_is_spared(clouds: OtherClouds, key: str) -> None:
    """503 to objects, as S3 says when it is asked too fast, fails nothing."""
    names = [f"{n}" for n in range(60)]
    put(clouds, S3, f"{key}/", *names)
    clouds.s3.faults({"operation": "GetObject", "status": 503, "times": 20})
    reply = done(clouds.cloud, f"{key}/", source=f"{S3}/{key}/", credentials="aws")
    assert (reply["copied"], reply["failed"]) == (60, 0)


def test_a_public_bucket_needs_no_keys(clouds: OtherClouds, key: str) -> None:
    """At an endpoint that the event names; with keys that are not for it, nothing is asked."""
    event = {"source": "s3://open", "source_region": REGION, "source_endpoint": clouds.s3.url}
    reply = done(clouds.cloud, f"{key}/", **event)
    assert (reply["status"], keys_below(clouds.cloud, f"{key}/")) == ("completed", {"small"})
    error = refused(clouds.cloud, f"{key}/2/", **event, credentials="aws")
    assert (error.error_type, "are not for s3://open" in error.message) == ("InvalidEvent", True)
