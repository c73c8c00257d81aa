"""Sources in other clouds, as the command copies and plans them: by names alone."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator

import pytest

from tests.cli.running import Command, commanding
from tests.localcloud.faces.credential import Credential
from tests.localcloud.faces.stored import Generated, Stored
from tests.localcloud.s3.face import S3

REGION = "eu-west-1"
KEYS = Credential("AKIDLOCAL", "s3cr3t")


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    """Three objects below a prefix."""
    content = {f"films/2026/{name}": name.encode() for name in ("a b+%", "é/c")}
    with S3({**content, "films/2026/d": Generated("d", 3_000_000)}, [KEYS], REGION) as face:
        yield face


@pytest.fixture(scope="module")
def ossferry(s3: S3, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    """Of a function that has the keys."""
    settings = {
        "OSSFERRY_CREDENTIALS_AWS": f"{KEYS.id}:{KEYS.secret}",
        "OSSFERRY_BUCKETS_AWS": f"s3://films {REGION} {s3.url}",
    }
    folder = tmp_path_factory.mktemp("cloud")
    with commanding(folder, "ossferry", env=settings) as command:
        yield command


def test_a_prefix_is_copied(ossferry: Command) -> None:
    """And once more, which finds all of it there."""
    asked = ("cp", "s3://films/2026/", ossferry.target("copies/"), "--credentials", "aws")
    done = ossferry(*asked, "--source-region", REGION, "--json")
    assert done.code == 0, done.err
    assert done.lines[-1]["reply"]["copied"] == 3
    assert ossferry.cloud.bucket.get_object("copies/a b+%").read() == b"a b+%"
    assert ossferry(*asked, "--json").lines[-1]["reply"]["unchanged"] == 3
    assert "s3cr3t" not in done.out + done.err


def test_objects_are_copied(ossferry: Command) -> None:
    """One by itself, and several of several clouds."""
    cloud = ossferry.cloud
    one = ossferry("cp", "s3://films/2026/d", ossferry.target("one/"))
    assert one.code == 0, one.err
    assert cloud.bucket.head_object("one/d").content_length == 3_000_000
    url = cloud.generated("u", 9, name="u")
    some = ossferry("cp", url, "s3://films/2026/é/c", ossferry.target("some/"), "--json")
    assert some.code == 0, some.err
    assert some.lines[-1]["reply"]["copied"] == 2
    gone = ossferry("cp", "s3://films/none", ossferry.target("none/"))
    assert gone.code == 1
    assert "s3://films/none is not there" in gone.err


def test_a_list_that_lies_there(ossferry: Command, s3: S3) -> None:
    """Copied and planned, with the function's keys."""
    s3.put("films/lists/1.tsv", b"s3://films/2026/d\td\ns3://films/none\tn\n")
    asked = ("--list", "s3://films/lists/1.tsv", ossferry.target("listed/"), "--credentials", "aws")
    plan = ossferry("plan", *asked, "--json")
    assert plan.code == 0, plan.err
    assert plan.document["source"]["items"] == 2
    done = ossferry("cp", *asked, "--json")
    assert done.code == 3, done.err
    reply = done.lines[-1]["reply"]
    assert (reply["copied"], reply["failed"]) == (1, 1)
    assert ossferry.cloud.bucket.head_object("listed/d").content_length == 3_000_000


def test_an_inventory_is_planned_and_copied(ossferry: Command, s3: S3) -> None:
    """By its manifest, whose files lie in the same bucket."""
    rows = '"films","2026/a+b%2B%25"\n"films","2026/%C3%A9%2Fc"\n"films","2026/d"\n'
    s3.put("films/inventory/data/1.csv.gz", gzip.compress(rows.encode()))
    manifest = {
        "sourceBucket": "films",
        "destinationBucket": "arn:aws:s3:::films",
        "fileFormat": "CSV",
        "fileSchema": "Bucket, Key",
        "files": [{"key": "inventory/data/1.csv.gz"}],
    }
    s3.put("films/inventory/manifest.json", json.dumps(manifest).encode())
    where = "s3://films/inventory/manifest.json"
    asked = ("--list", where, ossferry.target("inventory/"), "--credentials", "aws", "--json")
    plan = ossferry("plan", *asked)
    assert plan.code == 0, plan.err
    assert plan.document["source"]["items"] == 3
    done = ossferry("cp", *asked)
    assert done.code == 0, done.err
    assert done.lines[-1]["reply"]["copied"] == 3
    assert ossferry.cloud.bucket.get_object("inventory/2026/a b+%").read() == b"a b+%"


def test_what_it_would_take_is_planned(ossferry: Command, s3: S3) -> None:
    """Of an object, and of what is chosen below a prefix; with the function's keys."""
    one = ossferry("plan", "s3://films/2026/d", "--json")
    assert one.code == 0, one.err
    told = one.document["source"]
    assert (told["what"], told["bytes"]) == ("s3://films/2026/d", 3_000_000)
    assert told["splittable"]
    assert told["expires_in"] is None
    many = ossferry("plan", "s3://films/2026/", "--json", "--include", "/*")
    assert many.code == 0, many.err
    assert (many.document["source"]["items"], many.document["source"]["bytes"]) == (2, 3_000_005)
    s3.put("films/cold/a", Stored(b"cold", storage_class="GLACIER"))
    cold = ossferry("plan", "s3://films/cold/", "--json").document
    assert cold["source"]["archived"] == 1
    assert "restore them in their own cloud first" in " ".join(cold["warnings"])
    gone = ossferry("plan", "s3://films/none")
    assert gone.code == 1
    assert "s3://films/none is not there" in gone.err
