"""Unpacking: what a zip holds, whole, where it belongs, or nothing at all."""

from __future__ import annotations

import os
import random
import stat
import warnings
from pathlib import Path
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZIP_STORED

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.depot.unpack import unpack
from ossferry.errors import DepotUnusable
from tests.depot.zips import link_to, member, zip_of, zip_of_members

FILES = {
    "a": b"",
    "b.txt": b"text" * 1000,
    "deep/er/c": b"c",
    "deep/d": random.Random(0).randbytes(3_000_000),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where to unpack to."""
    return tmp_path / "to"


def unpacked(content: bytes, folder: Path) -> dict[str, bytes]:
    """Unpack a zip; what is in the folder then, by name."""
    archive = folder.with_name("zip")
    archive.write_bytes(content)
    unpack(str(archive), str(folder))
    files = (each for each in folder.rglob("*") if each.is_file())
    return {str(each.relative_to(folder)): each.read_bytes() for each in files}


@pytest.mark.parametrize("method", [ZIP_STORED, ZIP_DEFLATED, ZIP_BZIP2, ZIP_LZMA])
def test_files_come_out_as_they_went_in(folder: Path, method: int) -> None:
    """Whatever they were packed with, at any depth, empty or large."""
    assert unpacked(zip_of(FILES, method=method), folder) == FILES


def test_folders_come_out_too(folder: Path) -> None:
    """Also empty ones, and those whose entry comes after what is in them."""
    members = [(member(name), b"") for name in ("empty/", "full/x", "full/", "full/")]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of zipfile, about the name that is there
        archive = zip_of_members(members)
    assert unpacked(archive, folder) == {"full/x": b""}
    assert (folder / "empty").is_dir()


@pytest.mark.parametrize(("mode", "wanted"), [(0, 0o644), (0o4755, 0o755), (0o100_600, 0o644)])
def test_of_a_mode_only_whether_it_is_a_program_is_kept(
    folder: Path, mode: int, wanted: int
) -> None:
    """Programs can be run; nothing is setuid."""
    unpacked(zip_of({"x": b"x"}, mode=mode), folder)
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE((folder / "x").stat().st_mode) == wanted & ~mask


@pytest.mark.parametrize("target", ["/etc/passwd", "../..", "x"])
def test_a_link_is_refused_wherever_it_leads(folder: Path, target: str) -> None:
    """What is written through it would land elsewhere."""
    archive = zip_of_members([link_to(target), (member("link/x"), b"x")])
    with pytest.raises(DepotUnusable, match="link or a device"):
        unpacked(archive, folder)
    assert not folder.exists()


@pytest.mark.parametrize(
    "name", ["../x", "/x", "a/../../x", "a//x", "./x", "a/./x", "..", ".", "\\x", "a\nb", "x\0y"]
)
def test_a_name_that_leads_elsewhere_is_refused(folder: Path, name: str) -> None:
    """Before anything is written; nor is a second meaning of a name tolerated."""
    archive = zip_of({"safe": b"", "N" * len(name): b"x"})
    with pytest.raises(DepotUnusable, match="name is not allowed"):
        unpacked(archive.replace(b"N" * len(name), name.encode()), folder)
    assert sorted(each.name for each in folder.parent.iterdir()) == ["zip"]


def test_a_file_that_gives_more_than_it_declares_is_cut_off_and_refused(folder: Path) -> None:
    """What was judged is what can be written."""
    size = 5_000_000
    honest = zip_of({"x": bytes(size)}, method=ZIP_BZIP2)
    lying = honest.replace(size.to_bytes(4, "little"), (10).to_bytes(4, "little"))
    with pytest.raises(DepotUnusable, match="no zip that can be unpacked"):
        unpacked(lying, folder)
    assert (folder / "x").stat().st_size <= 10


def test_a_bomb_is_refused_by_what_it_declares(folder: Path) -> None:
    """A thousand times its size is nothing that somebody needs."""
    with pytest.raises(DepotUnusable, match="200 times"):
        unpacked(zip_of({"zeros": bytes(10_000_000)}), folder)
    assert not folder.exists()


def test_a_damaged_file_is_refused(folder: Path) -> None:
    """By the zip's own checksum, where OSS had none for the object."""
    archive = zip_of({"x": b"content"}, method=ZIP_STORED).replace(b"content", b"c0ntent")
    with pytest.raises(DepotUnusable, match="CRC"):
        unpacked(archive, folder)


@pytest.mark.parametrize("content", [b"", b"no zip", zip_of(FILES)[:-30], zip_of(FILES)[3_000:]])
def test_what_is_no_zip_is_refused(folder: Path, content: bytes) -> None:
    """Nor is half of one."""
    with pytest.raises(DepotUnusable, match="no zip that can be unpacked"):
        unpacked(content, folder)


@pytest.mark.parametrize("method", [ZIP_DEFLATED, ZIP_BZIP2, ZIP_LZMA])
def test_damage_in_what_is_packed_is_told_whatever_packed_it(folder: Path, method: int) -> None:
    """Each kind has an error of its own."""
    archive = bytearray(zip_of({"x": random.Random(0).randbytes(10_000)}, method=method))
    archive[100:200] = bytes(100)
    with pytest.raises(DepotUnusable, match="no zip that can be unpacked"):
        unpacked(bytes(archive), folder)


def test_a_name_that_is_no_text_is_told(folder: Path) -> None:
    """It says that it is UTF-8 and is not."""
    with pytest.raises(DepotUnusable, match="no zip that can be unpacked"):
        unpacked(zip_of({"é": b""}).replace("é".encode(), b"\xff\xff"), folder)


def test_an_encrypted_zip_is_refused(folder: Path) -> None:
    """There is nobody who could be asked for the password."""
    archive = bytearray(zip_of({"x": b"x"}))
    for header, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        archive[archive.index(header) + offset] |= 1
    with pytest.raises(DepotUnusable, match="encrypted"):
        unpacked(bytes(archive), folder)


@given(place=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_no_damage_ends_in_another_error(
    tmp_path_factory: pytest.TempPathFactory, place: float, flip: int
) -> None:
    """One wrong byte anywhere: refused in a sentence, or of no account."""
    archive = bytearray(zip_of({"a/b": b"some text" * 20, "c": b"", "d/": b""}, method=ZIP_LZMA))
    archive[int(place * len(archive))] ^= flip
    folder = tmp_path_factory.mktemp("damaged") / "to"
    try:
        unpacked(bytes(archive), folder)
    except DepotUnusable:
        return
    assert all(folder in each.resolve().parents for each in folder.rglob("*"))
