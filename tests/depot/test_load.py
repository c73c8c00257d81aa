"""The depot on a local OSS: what is on the disk afterwards, and what it took to get there."""

from __future__ import annotations

import json
import os
import random
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_network
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zipfile import ZIP_STORED

import pytest

import ossferry
from ossferry.context import Context
from ossferry.depot.load import load as depot_of_the_function
from ossferry.errors import DepotUnusable
from ossferry.origins.credentials import Credentials as Known
from ossferry.settings import DepotEntry, Settings
from tests.depot.zips import MODULE, link_to, zip_of, zip_of_members
from tests.localcloud import credentials
from tests.localcloud.sts.face import STS, Role
from tests.peers.oss_service import EVERYTHING, OssService, running

FILES = {"a.bin": random.Random(0).randbytes(9_000_000), "deep/b.txt": b"text", "empty": b""}
ZIP = zip_of(FILES, method=ZIP_STORED)
Load = Callable[..., None]


@pytest.fixture(scope="module")
def shared_oss() -> Iterator[OssService]:
    with running() as service:
        yield service


@pytest.fixture
def oss(shared_oss: OssService) -> Iterator[OssService]:
    """An OSS with a zip, without faults."""
    shared_oss.bucket().put_object("zips/files.zip", ZIP)
    yield shared_oss
    shared_oss.set_faults()


@pytest.fixture
def load(oss: OssService, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Load a depot as an instance does whose role may do everything, or what ``policy`` says."""
    monkeypatch.setattr(sys, "path", [*sys.path])

    def load(entries: Mapping[str, Path], policy: Mapping[str, Any] = EVERYTHING) -> None:
        issued = credentials.issue(oss.config.root_secret, policy, time.time() + 3600)
        context = Context.read(
            SimpleNamespace(region=oss.config.region, credentials=issued), {}, time.monotonic()
        )
        settings = Settings(
            oss_endpoint=oss.endpoint,
            allow_networks=(ip_network("127.0.0.0/8"),),
            depot=tuple(
                DepotEntry(oss.config.bucket, f"zips/{name}.zip", str(folder))
                for name, folder in entries.items()
            ),
        )
        depot_of_the_function(context, settings)

    return load


def reads(oss: OssService) -> int:
    return oss.counts().get("GetObject", 0)


def content(folder: Path) -> dict[str, bytes]:
    """What is in a folder, by name, without what is hidden."""
    return {
        str(each.relative_to(folder)): each.read_bytes()
        for each in folder.rglob("*")
        if each.is_file() and not each.name.startswith(".")
    }


def events(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_zip_becomes_a_folder(load: Load, tmp_path: Path) -> None:
    """With everything that is in it, and nothing beside it."""
    folder = tmp_path / "new" / "folder"
    load({"files": folder})
    assert content(folder) == FILES
    assert [each.name for each in folder.parent.iterdir()] == ["folder"]


def test_a_folder_that_is_there_is_left_alone(
    load: Load, oss: OssService, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One look at the object tells that it is still the same."""
    load({"files": tmp_path / "x"})
    before, unpacked = reads(oss), (tmp_path / "x").stat().st_ino
    load({"files": tmp_path / "x"})
    assert reads(oss) == before + 1
    assert (tmp_path / "x").stat().st_ino == unpacked
    told = events(capsys.readouterr().out)
    assert [(each["event"], each["fetched"]) for each in told] == [
        ("depot.ready", True),
        ("depot.ready", False),
    ]


def test_another_zip_of_the_name_takes_the_place_of_the_first(
    load: Load, oss: OssService, tmp_path: Path
) -> None:
    """Whole: nothing of the first is left."""
    load({"files": tmp_path / "x"})
    for text in (b"this", b"that"):  # as long as each other
        oss.bucket().put_object("zips/files.zip", zip_of({"only": text}, method=ZIP_STORED))
        load({"files": tmp_path / "x"})
        assert content(tmp_path / "x") == {"only": text}
    assert [each.name for each in tmp_path.iterdir()] == ["x"]


def test_entries_are_fetched_side_by_side(load: Load, oss: OssService, tmp_path: Path) -> None:
    """The whole takes as long as the longest, not as long as all together."""
    for name in "abc":
        oss.bucket().put_object(f"zips/{name}.zip", zip_of({name: b""}))
    oss.set_faults({"operation": "GetObject", "key": "zips/?.zip", "delay": 1.0})
    started = time.monotonic()
    load({name: tmp_path / name for name in "abc"})
    assert time.monotonic() - started < 3 * 2.0  # of each two requests, one after the other
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a", "b", "c"]


def test_instances_that_share_a_disk_do_not_disturb_each_other(
    load: Load, oss: OssService, tmp_path: Path
) -> None:
    """Whoever comes second finds the folder of the first, whether or not there was an old one."""
    for version in (b"1", b"2"):
        oss.bucket().put_object("zips/files.zip", zip_of({"version": version}))
        with ThreadPoolExecutor(4) as instances:
            for each in [instances.submit(load, {"files": tmp_path / "x"}) for _ in range(4)]:
                each.result()
        assert content(tmp_path / "x") == {"version": version}
        assert [each.name for each in tmp_path.iterdir()] == ["x"]


def test_folders_of_code_are_on_the_path_once(load: Load, oss: OssService, tmp_path: Path) -> None:
    """After the function's own code, in the order of the setting; data is not."""
    oss.bucket().put_object("zips/code.zip", zip_of(MODULE))
    oss.bucket().put_object("zips/package.zip", zip_of({"parcel/__init__.py": b"INSIDE = 7"}))
    before = list(sys.path)
    entries = {name: tmp_path / name for name in ("package", "files", "code")}
    for _ in range(2):
        load(entries)
    own = sys.path.index(str(Path(ossferry.__path__[0]).parent))
    assert sys.path[own + 1 : own + 3] == [str(tmp_path / "package"), str(tmp_path / "code")]
    assert len(sys.path) == len(before) + 2


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"corrupt_at": 100_000}, "CRC64"),
        ({"cut_after": 100_000, "nth": 2}, ""),
        ({"status": 503, "code": "ServiceUnavailable", "times": 2}, ""),
        ({"headers": {"ETag": '"other"'}, "nth": 2}, "changed"),
        ({"status": 500, "code": "InternalError"}, "answered 500"),
    ],
    ids=["damaged", "cut", "hiccup", "changed", "down"],
)
def test_what_goes_wrong_on_the_way_is_got_over_or_told(
    load: Load, oss: OssService, tmp_path: Path, fault: dict[str, Any], said: str
) -> None:
    """The folder is there as it should be, or not at all."""
    oss.set_faults({"operation": "GetObject", "key": "zips/files.zip", **fault})
    if not said:
        load({"files": tmp_path / "x"})
        assert content(tmp_path / "x") == FILES
        return
    with pytest.raises(DepotUnusable, match=said) as raised:
        load({"files": tmp_path / "x"})
    assert raised.value.message.startswith("oss://ossferry-local/zips/files.zip -> ")
    assert list(tmp_path.iterdir()) == []


def test_an_object_that_is_missing_is_told(load: Load, tmp_path: Path) -> None:
    """And what to do about it."""
    with pytest.raises(DepotUnusable, match=r"nothing\.zip.*: there is no such object"):
        load({"nothing": tmp_path / "x"})


def test_a_role_that_may_not_read_it_is_told(load: Load, tmp_path: Path) -> None:
    """By the name of the permission that is missing."""
    with pytest.raises(DepotUnusable, match="needs oss:GetObject"):
        load({"files": tmp_path / "x"}, policy={"Version": "1", "Statement": []})


def test_one_bad_entry_ends_the_others_and_leaves_what_is_done(
    load: Load, oss: OssService, tmp_path: Path
) -> None:
    """The sentence is about the bad one; a folder that is there is a whole one."""
    oss.bucket().put_object("zips/evil.zip", zip_of_members([link_to("/etc")]))
    with pytest.raises(DepotUnusable, match="evil"):
        load({"files": tmp_path / "x", "evil": tmp_path / "y"})
    assert not (tmp_path / "y").exists()
    assert not (tmp_path / "x").exists() or content(tmp_path / "x") == FILES
    assert [each for each in tmp_path.iterdir() if each.name != "x"] == []


@pytest.mark.parametrize("there", ["file", "folder"])
def test_what_somebody_else_put_there_is_not_touched(
    load: Load, oss: OssService, tmp_path: Path, there: str
) -> None:
    """Nor is anything fetched: /mnt may be a disk that holds what matters."""
    place = tmp_path / "x"
    if there == "file":
        place.write_text("precious")
    else:
        place.mkdir()
        (place / "precious").touch()
    before = reads(oss)
    with pytest.raises(DepotUnusable, match=r"other content|Not a directory"):
        load({"files": place})
    assert reads(oss) == before + 1
    assert place.is_file() or [each.name for each in place.iterdir()] == ["precious"]


def test_an_empty_folder_is_filled(load: Load, tmp_path: Path) -> None:
    """A place where a disk is mounted below is made beforehand."""
    (tmp_path / "x").mkdir()
    load({"files": tmp_path / "x"})
    assert content(tmp_path / "x") == FILES


def test_what_an_ended_instance_left_is_removed_in_time(load: Load, tmp_path: Path) -> None:
    """Not while another one may still be at it."""
    old, new = tmp_path / ".x.old.ossferry-depot", tmp_path / ".x.new.ossferry-depot"
    for each in (old, new):
        (each / "fresh").mkdir(parents=True)
    os.utime(old, (0, 0))
    load({"files": tmp_path / "x"})
    assert sorted(each.name for each in tmp_path.iterdir()) == [new.name, "x"]


def test_a_disk_that_takes_no_more_is_told_and_left_clean(load: Load, tmp_path: Path) -> None:
    """Neither half a zip nor half a folder stays on it."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, limits[1]))
    try:
        with pytest.raises(DepotUnusable, match="File too large"):
            load({"files": tmp_path / "x"})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("trusted", [True, False])
def test_a_zip_of_another_account_is_fetched_by_its_role(
    oss: OssService, tmp_path: Path, trusted: bool
) -> None:
    """What is missing for that is said in its own words, not in those for the function's bucket."""
    arn, root = "acs:ram::9876543210987654:role/theirs", oss.config.root_secret
    may = {"Effect": "Allow", "Action": ["sts:AssumeRole"], "Resource": [arn]}
    issued = credentials.issue(root, {"Version": "1", "Statement": [may]}, time.time() + 600)
    here = SimpleNamespace(region=oss.config.region, credentials=issued)
    env = {
        "OSSFERRY_ASSUME_ROLE_THEM": arn,
        "OSSFERRY_BUCKETS_THEM": f"oss://{oss.config.bucket}",
    }
    with STS(root, {arn: Role(EVERYTHING, trusted=trusted)}) as sts:
        settings = Settings(
            oss_endpoint=oss.endpoint,
            sts_endpoint=sts.url,
            allow_networks=(ip_network("127.0.0.0/8"),),
            depot=(DepotEntry(oss.config.bucket, "zips/files.zip", str(tmp_path / "x")),),
            foreign=Known.from_env(env),
        )
        context = Context.read(here, {}, time.monotonic())
        if trusted:
            depot_of_the_function(context, settings)
            assert content(tmp_path / "x") == FILES
        else:
            with pytest.raises(DepotUnusable, match="does not trust the function's role"):
                depot_of_the_function(context, settings)
