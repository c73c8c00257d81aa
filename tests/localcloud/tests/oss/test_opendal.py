"""The everyday life of a bucket as OpenDAL lives it: it decides by itself which calls it makes."""

from __future__ import annotations

import asyncio

import opendal
import oss2
import pytest

from tests.peers.oss_service import OssService

DATA = bytes(range(256)) * 3000


def test_objects_are_written_read_and_told_of(oss: OssService, dal: opendal.AsyncOperator) -> None:
    """In one piece, in parts, by appending, and by copying."""

    async def work() -> None:
        await dal.write("o/one", b"1", content_type="text/x", user_metadata={"a": "b"})
        await dal.write("o/parts", DATA, chunk=200_000, concurrent=3)
        await dal.write("o/appended", b"abc", append=True)
        await dal.write("o/appended", b"def", append=True)
        await dal.copy("o/one", "o/copied")
        described = await dal.stat("o/copied")
        assert (described.content_type, described.user_metadata) == ("text/x", {"a": "b"})
        assert bytes(await dal.read("o/parts")) == DATA
        assert bytes(await dal.read("o/parts", offset=5, size=10)) == DATA[5:15]
        assert bytes(await dal.read("o/appended")) == b"abcdef"

    asyncio.run(work())
    kinds = {each.key: each.type for each in oss2.ObjectIterator(oss.bucket(), prefix="o/")}
    assert kinds == {
        "o/appended": "Appendable",
        "o/copied": "Normal",
        "o/one": "Normal",
        "o/parts": "Multipart",
    }


def test_conditions_hold_or_are_refused(dal: opendal.AsyncOperator) -> None:
    """Create-only writes, and reads of just this version."""

    async def work() -> None:
        await dal.write("c/once", b"1", if_not_exists=True)
        with pytest.raises(opendal.exceptions.ConditionNotMatch):
            await dal.write("c/once", b"2", if_not_exists=True)
        with pytest.raises(opendal.exceptions.ConditionNotMatch):
            await dal.read("c/once", if_match='"other"')
        with pytest.raises(opendal.exceptions.NotFound):
            await dal.read("c/missing")
        etag = (await dal.stat("c/once")).etag
        assert bytes(await dal.read("c/once", if_match=etag)) == b"1"

    asyncio.run(work())


@pytest.mark.parametrize("most", [1, 1000])
def test_lists_go_on_after_short_pages(
    oss: OssService, dal: opendal.AsyncOperator, most: int
) -> None:
    """Flat, by folder, after a key, and with versions; then all of it is removed."""
    oss.shorten_pages(most)
    keys = ["l/a", "l/b/1", "l/b/2", "l/c"]

    async def work() -> None:
        for key in keys:
            await dal.write(key, b"x")
        flat = await dal.list("l/", recursive=True)
        assert [each.path async for each in flat] == keys
        folders = await dal.list("l/")
        assert sorted([each.path async for each in folders]) == ["l/a", "l/b/", "l/c"]
        later = await dal.list("l/", recursive=True, start_after="l/b/1")
        assert [each.path async for each in later] == keys[2:]
        versions = await dal.list("l/", recursive=True, versions=True)
        assert [each.path async for each in versions] == keys
        await dal.remove_all("l/")

    asyncio.run(work())
    oss.shorten_pages(1000)
    assert not list(oss2.ObjectIterator(oss.bucket(), prefix="l/"))
