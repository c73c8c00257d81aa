"""Which format a list has, and what is no list at all."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.errors import InvalidEvent
from ossferry.lists.read import read_list
from ossferry.lists.rows import FORMATS, Row, Unreadable
from tests.lists.reading import items, pieces, read

U = "https://h.example/d/a.bin"
MIGRATION = {"fileFormat": "CSV", "fileSchema": "Url, Key", "files": [{"key": "1.csv"}]}
ITEM = json.dumps({"source_url": U, "target_object_name": "k"})


@pytest.mark.parametrize(
    ("name", "content", "format"),
    [
        ("list", U, "urls"),
        ("list", f"# a comment, with a comma\n\n{U}\n", "urls"),
        ("list", f"{U}\tkey", "tsv"),
        ("list", f"{U}\n{U}\tkey", "tsv"),
        ("list.csv", f"{U}\tkey", "tsv"),
        ("list.csv", f"{U},a\tb", "csv"),
        ("list", f"{U},2\tkey", "tsv"),
        ("list", f"{U}\t{U}", "tsv"),
        ("list", f"TsvHttpData-1.0\n{U}\n", "google"),
        ("list.csv", f"{U},key", "csv"),
        ("list.csv.gz", U, "csv"),
        ("list", f'"{U}","key"', "csv"),
        ("list.urls", f'"{U}",key', "csv"),
        ("list.urls", f"{U},2", "urls"),
        ("list.txt", f"{U},2", "urls"),
        ("list.CSV", f"url,name\n{U},2", "csv"),
        ("list.csv", "url,name", "csv"),
        ("list", ITEM, "jsonl"),
        ("list.urls", ITEM, "jsonl"),
        ("list.jsonl", U, "urls"),
        ("list", f"{{}}\n{ITEM}", "jsonl"),
        ("list", f'{{"source_url\n{ITEM}', "jsonl"),
        ("list", f"{{broken\n{ITEM}", "jsonl"),
        ("list", json.dumps(MIGRATION), "migration"),
        ("list.csv", json.dumps(MIGRATION, indent=2), "migration"),
        (
            "list",
            json.dumps({**MIGRATION, "fileSchema": "Bucket, Key", "sourceBucket": "b"}),
            "inventory",
        ),
        ("list", f"oss://b/k,1\n{U}"[:9], "urls"),
        ("list", "HTTPS://h/a", "urls"),
    ],
)
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("packed", [False, True])
def test_format(name: str, content: str, format: str, mark: str, packed: bool) -> None:
    """By what is in it, then by its name; a byte order mark and gzip change nothing."""
    data = f"{mark}{content}".encode()
    data = gzip.compress(data, mtime=0) if packed else data
    assert read(data, name, files={"1.csv": b""})[0] == format
    assert format in FORMATS


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("list", b"", "empty"),
        ("list", b"\n # \n\n", "known format"),
        ("list", b"\n#\n \n", "empty"),
        ("list.csv", b"", "empty"),
        ("list", gzip.compress(b"", mtime=0), "empty"),
        ("list", U.encode("utf-16"), "UTF-16"),
        ("list", U.encode("utf-16-le"), "binary"),
        ("list", b"PK\x03\x04\x00\x00", "binary"),
        ("list", b"hello\nworld", "known format"),
        ("list", b"<metalink/>", "known format"),
        ("list", f"{U},key".encode(), "name end with .csv or .urls"),
        ("list", f"[{ITEM}]".encode(), "JSON lines"),
        ("list", json.dumps(json.loads(ITEM), indent=1).encode(), "JSON lines"),
        ("manifest.json", b'{"files": [', "no JSON"),
        ("list", gzip.compress(U.encode(), mtime=0)[:12], "cut off"),
        ("list", b"\x1f\x8bnonsense", "damaged"),
        ("list", json.dumps(MIGRATION).encode(), "bucket"),
        ("list", b"#\n" * 70_000, "comments"),
    ],
)
def test_what_is_no_list(name: str, content: bytes, reason: str) -> None:
    """One sentence that says what to do instead."""
    with pytest.raises(InvalidEvent, match=reason):
        read(content, name)


def test_numbers_are_those_of_lines() -> None:
    """As an editor shows them, counting comments, blank lines and any way to end a line."""
    _, rows = read(f"# one\r\n\r\n{U}\r\n\n  {U}2  \nnonsense\n{U}3")
    assert [row.number for row in rows] == [3, 5, 6, 7]
    assert [type(row) for row in rows] == [Row, Row, Unreadable, Row]


def test_a_list_that_is_cut_off_gives_what_there_is() -> None:
    """Then it is told: half a list must never pass for a whole one."""
    lines = "".join(f"https://h/{i}-{i * 7919 % 10007}.bin\n" for i in range(20_000))
    found: list[Row | Unreadable] = []
    rows = read_list("list", pieces(gzip.compress(lines.encode())[:-2000]))
    with pytest.raises(InvalidEvent, match="cut off"):
        found.extend(rows)
    assert 10_000 < len(found) < 20_000
    assert all(isinstance(row, Row) for row in found)


def test_gzip_in_several_members() -> None:
    """As from pigz, or from files put one after another; zeros in between are nobody's."""
    content = (
        gzip.compress(f"{U}1\n{U}".encode()) + bytes(9) + gzip.compress(b"2\n", mtime=0) + bytes(3)
    )
    for size in (1, 7, 1000):
        assert [key for _, _, key in items(read(content, size=size)[1])] == ["a.bin1", "a.bin2"]


def test_damage_in_the_middle_of_gzip() -> None:
    """What follows a member and is none is damage, as is a wrong check sum."""
    whole = gzip.compress(f"{U}\n".encode())
    for content in (whole + b"junk", whole[:-8] + b"12345678"):
        with pytest.raises(InvalidEvent, match="damaged"):
            read(content)


def test_memory_stays_small() -> None:
    """Whatever is in the list: one line without end, or very much out of few bytes."""
    long = gzip.compress(f"{U}\n".encode() + b"x" * 100_000_000 + f"\n{U}\n".encode())
    tracemalloc.start()
    try:
        rows = list(read_list("list", iter([long])))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [(row.number, type(row)) for row in rows] == [(1, Row), (2, Unreadable), (3, Row)]
    assert peak < 4_000_000


def _endless() -> Iterator[bytes]:
    yield f"{U}\n".encode()
    while True:
        yield f"{U}?{'x' * 1000}\n".encode()


def test_the_first_rows_come_before_the_last_bytes() -> None:
    """A list that is still being written can be begun with."""
    rows = iter(read_list("list", _endless()))
    assert [next(rows).number for _ in range(1000)] == [*range(1, 1001)]


CONTENTS = st.one_of(
    st.binary(),
    st.lists(
        st.sampled_from(
            [
                U.encode(),
                b"\n",
                b"\r\n",
                b"\t",
                b",",
                b'"',
                b"#",
                b"{",
                b"}",
                b"[" * 3000,
                b"\xff",
                b"\xef\xbb\xbf",
                "é".encode(),
                b"%ff",
                b"x" * 40_000,
                ITEM.encode(),
                json.dumps(MIGRATION).encode(),
                b'{"files": 1, "fileSchema": 2}',
                b"TsvHttpData-1.0\n",
                b"..",
                b"/",
            ]
        ),
        max_size=12,
    ).map(b"".join),
)
NAMES = st.sampled_from(["list", "l.csv", "l.urls", "l.tsv", "l.jsonl", "manifest.json"])


def _outcome(name: str, content: list[bytes], data: bytes) -> object:
    found: list[Row | Unreadable] = []
    try:
        rows = read_list(name, iter(content), open_file=lambda _: iter([data]))
        found.extend(rows)
    except InvalidEvent as error:
        return found, str(error)
    return rows.format, found


@given(NAMES, CONTENTS, CONTENTS, st.booleans(), st.lists(st.integers(0, 200_000), max_size=6))
def test_garbage_and_pieces(
    name: str, content: bytes, data: bytes, packed: bool, cuts: list[int]
) -> None:
    """Nothing but InvalidEvent, and where a stream is cut into pieces changes nothing."""
    content = gzip.compress(content, mtime=0) if packed else content
    ends = sorted({min(cut, len(content)) for cut in cuts} | {0, len(content)})
    parts = [content[start:end] for start, end in pairwise(ends)]
    assert _outcome(name, parts, data) == _outcome(name, [content], data)


@given(NAMES, CONTENTS, CONTENTS)
def test_gzip_that_ends_anywhere(name: str, content: bytes, data: bytes) -> None:
    """Nothing but InvalidEvent, and the same wherever the stream is cut into pieces."""
    for cut in (3, 11, -9, -1):
        ends = gzip.compress(content, mtime=0)[:cut]
        assert _outcome(name, [ends[:2], ends[2:]], data) == _outcome(name, [ends], data)


SECRET = "s3cr3t"


@given(NAMES, st.lists(st.one_of(CONTENTS, st.text().map(str.encode)), max_size=6))
def test_no_secret_is_in_a_reason(name: str, around: list[bytes]) -> None:
    """Whatever is wrong with a row whose URL is signed."""
    url = f"https://user:{SECRET}@h/d/a?Signature={SECRET}".encode()
    content = url.join([b"", *around, b""])
    assert SECRET not in _reasons(_outcome(name, [content], content))


def _reasons(outcome: object) -> str:
    assert isinstance(outcome, tuple)
    rows = outcome[0] if isinstance(outcome[0], list) else outcome[1]
    return str(
        [*(row for row in rows if isinstance(row, Unreadable)), outcome[1:] * (rows is outcome[0])]
    )
