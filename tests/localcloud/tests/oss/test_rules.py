"""The rules of OSS that need no server: checksums, targets, the clock, and their independence."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from fastcrc import crc64
from hypothesis import given
from hypothesis import strategies as st

from tests.localcloud.clock import Clock
from tests.localcloud.oss import rules
from tests.localcloud.oss.disk import Disk, read
from tests.localcloud.oss.rules.checksums import combine, combine_all
from tests.localcloud.oss.rules.refusals import Refusal
from tests.localcloud.oss.rules.target import parse

REGION = "cn-hangzhou"


@given(first=st.binary(max_size=300), second=st.binary(max_size=300))
def test_combining_is_the_crc_of_the_whole(first: bytes, second: bytes) -> None:
    """For every split, empty pieces included."""
    assert combine(crc64.xz(first), crc64.xz(second), len(second)) == crc64.xz(first + second)


def test_combining_starts_from_the_fixed_point() -> None:
    """The variant is CRC-64/XZ, by its published check value."""
    check = combine_all((crc64.xz(bytes([each])), 1) for each in b"123456789")
    assert check == 0x995DC9BBDF1939FA


@pytest.mark.parametrize(
    ("raw", "host", "bucket", "key"),
    [
        ("/", "127.0.0.1:80", "", ""),
        ("/b", "127.0.0.1:80", "b", ""),
        ("/b/", "localhost:80", "b", ""),
        ("/b/a%2Fb", "127.0.0.1", "b", "a/b"),
        ("/b/a/b+c%2B", "[::1]:80", "b", "a/b+c+"),
        ("/b//a", "127.0.0.1", "b", "/a"),
        ("/a/b", "bkt.oss-cn-hangzhou.aliyuncs.com", "bkt", "a/b"),
        ("/", "BKT.oss-cn-hangzhou-internal.aliyuncs.com:80", "bkt", ""),
        ("/", "oss-cn-hangzhou.aliyuncs.com", "", ""),
        ("/k", "bkt.localhost:8080", "bkt", "k"),
        ("/k", "bkt.oss.test", "bkt", "k"),
        ("/", "oss.test", "", ""),
        ("http://bkt.oss-cn-hangzhou.aliyuncs.com/a%20b", "127.0.0.1", "bkt", "a b"),
    ],
)
def test_bucket_and_key_come_from_path_and_host(raw: str, host: str, bucket: str, key: str) -> None:
    """Path style on addresses, the host's first label elsewhere, keys decoded once."""
    target = parse(raw, host, REGION)
    assert (target.bucket, target.key) == (bucket, key)


def test_parameters_are_decoded_once() -> None:
    """A parameter without a value is there, with an empty one."""
    assert parse("/b/k?uploads&a=%2525&c=x+y%2B", "127.0.0.1", REGION).query == {
        "uploads": "",
        "a": "%25",
        "c": "x y+",
    }


def test_names_that_are_not_utf8_are_refused() -> None:
    """Not decoded to something else."""
    with pytest.raises(Refusal) as error:
        parse("/b/%ff", "127.0.0.1", REGION)
    assert error.value.code == "InvalidObjectName"


def test_the_bare_endpoint_takes_no_path() -> None:
    """As with the service, where a bucket is a host name and nothing else."""
    with pytest.raises(Refusal) as error:
        parse("/bucket/key", "oss-cn-hangzhou.aliyuncs.com", REGION)
    assert error.value.code == "SecondLevelDomainForbidden"


def test_a_clock_runs_and_can_be_advanced() -> None:
    """It adds up, and never goes back."""
    clock = Clock(lambda: 100.0)
    clock.advance(5)
    clock.advance(0.5)
    assert clock.now() == 105.5
    with pytest.raises(ValueError, match="forward"):
        clock.advance(-1)


@given(
    pieces=st.lists(st.binary(max_size=20), max_size=6),
    cut=st.tuples(st.integers(0, 99), st.integers(0, 99)),
)
def test_contents_are_sliced_across_their_files(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes], cut: tuple[int, int]
) -> None:
    """A slice of joined contents is the slice of the joined bytes, and files live while used."""
    directory = tmp_path_factory.mktemp("disk")
    disk = Disk(directory)
    stored = []
    for piece in pieces:
        sink = disk.sink()
        sink.write([piece])
        stored.append(sink.finish())
    whole = b"".join(pieces)
    content = stored[0].content.joined(each.content for each in stored) if stored else None
    del stored
    if content is None:
        return
    start, stop = sorted(cut)
    part = content.slice(start, stop)
    del content
    assert b"".join(read(part, 7)) == whole[start:stop]
    assert len(list(directory.iterdir())) == len(part.extents)
    del part
    assert list(directory.iterdir()) == []


def test_the_rules_know_no_http_server() -> None:
    """They could be served by another one, or by none."""
    (folder,) = rules.__path__
    modules = list(Path(folder).glob("*.py"))
    assert len(modules) > 10
    for module in modules:
        tree = ast.parse(module.read_text())
        imported = {
            name
            for node in ast.walk(tree)
            for name in (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
        }
        bad = {n for n in imported if n.startswith(("aiohttp", "asyncio", "socket"))}
        assert not bad | {n for n in imported if ".skin" in n}, module.name
