"""Each format row by row: what is read, and what is wrong with what is not."""

from __future__ import annotations

import csv
import gzip
import io
import json
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.errors import InvalidEvent
from ossferry.lists.rows import Row, Unreadable
from tests.lists.reading import event, items, read

U = "https://h.example/d/a.bin"
MD5 = "wHENa08V36iPYAsOa2JAdw=="


@pytest.mark.parametrize(
    ("name", "line", "reason"),
    [
        ("l.urls", "ftp://h/a", "http, https, oss, s3 or cos"),
        ("l.urls", "  out=a.bin", "http, https, oss, s3 or cos"),
        ("l.urls", f"x {U}", "http, https, oss, s3 or cos"),
        ("l", f"{U}\thttp://mirror/a", "several URLs"),
        ("l", f"{U}\tftp://mirror/a\thttp://b/a", "several URLs"),
        ("l", f"{U}\tkey\tmore", "more than a URL and a key"),
        ("l", f"{U}\t", "key is empty"),
        ("l.csv", "url,name", "http, https, oss, s3 or cos"),
        ("l.csv", f'"{U}","open', "quotes"),
        ("l.csv", f'"{U}"x,key', "quotes"),
        ("l.jsonl", "nonsense", "no JSON object"),
        ("l.jsonl", "[1]", "no JSON object"),
        ("l.jsonl", "[" * 5000, "no JSON object"),
        ("l", "{}", "source_url is no text"),
        ("l", '{"source_url": 5}', "source_url is no text"),
        ("l", '{"source_url": "https://h/\\ud800"}', "source_url is no valid Unicode"),
        ("l", f'{{"source_url": "{U}", "target_object_name": ["k"]}}', "target_object_name"),
        ("l", f'{{"source_url": "{U}", "target_bucket_name": "b"}}', "the job's own"),
        ("l", f'{{"source_url": "{U}", "target_region": "r"}}', "the job's own"),
        ("l.urls", U + "x" * 65536, "longer than 64 KiB"),
    ],
)
def test_a_row_that_nobody_can_read(name: str, line: str, reason: str) -> None:
    """It is told what is wrong, and those around it are read."""
    good = f'{{"source_url": "{U}"}}' if "{" in line or name == "l.jsonl" else U
    _, rows = read(f"{good}\n{line}\n{good}\n", name)
    assert [type(row) for row in rows] == [Row, Unreadable, Row]
    assert [row.number for row in rows] == [1, 2, 3]
    assert isinstance(rows[1], Unreadable)
    assert reason in rows[1].reason
    assert not rows[1].leaves


@pytest.mark.parametrize("name", ["l.urls", "l.csv", "l.jsonl"])
def test_a_line_that_is_no_utf8(name: str) -> None:
    """One line in a foreign encoding does not cost those beside it."""
    good = f'{{"source_url": "{U}"}}'.encode() if name == "l.jsonl" else U.encode()
    _, rows = read(b"\n".join([good, good + b"\xe9", good]), name)
    assert [type(row) for row in rows] == [Row, Unreadable, Row]
    assert [row.number for row in rows] == [1, 2, 3]


def test_the_longest_line() -> None:
    """64 KiB without its end, and not a byte more."""
    url = f"{U}?{'x' * (65536 - len(U) - 1)}"
    _, rows = read(f"{url}\n{url}x\n{url}\n{url}x", "l.urls", size=30_000)
    assert [type(row) for row in rows] == [Row, Unreadable, Row, Unreadable]


def test_csv_as_rclone_reads_it() -> None:
    """Further columns are ignored, a missing or empty name is the URL's."""
    content = f'{U},k\r\n{U}\n\n{U},\n"{U}","a ""b"", c",more\n{U},"two\r\nlines",x\n{U},k"q\n'
    assert items(read(content, "l.csv", prefix="p/")[1]) == [
        (1, U, "p/k"),
        (2, U, "p/a.bin"),
        (4, U, "p/a.bin"),
        (5, U, 'p/a "b", c'),
        (6, U, "p/two\r\nlines"),
        (8, U, 'p/k"q'),
    ]


def test_a_quote_that_nobody_closes_costs_one_row() -> None:
    """Those that it seemed to run over are read, whether another quote comes or not."""
    for last in (f"{U},k", f'{U},"k"'):
        for lines in (1, 3000):
            content = "\n".join([f'{U},"open', *[f"{U},{n}" for n in range(lines)], last])
            _, rows = read(content, "l.csv")
            assert [row.number for row in rows] == [*range(1, lines + 3)]
            assert [type(row) for row in rows] == [Unreadable, *[Row] * (lines + 1)]


def test_googles_list() -> None:
    """Size and MD5 are expected if they are there; the key is host and path."""
    content = f"TsvHttpData-1.0\r\n{U}\t1357\t{MD5}\r\n{U}\t5\n{U}\n\n{U}\t\t{MD5}\n"
    _, rows = read(content)
    key = "h.example/d/a.bin"
    assert [key for _, _, key in items(rows)] == [key] * 4
    assert [row.number for row in rows] == [2, 3, 4, 6]
    known = [
        (r.event.get("expected_size"), r.event.get("expected_md5"))
        for r in rows
        if isinstance(r, Row)
    ]
    assert known == [(1357, MD5), (5, None), (None, None), (None, MD5)]
    assert items(read(content, naming="name")[1])[0] == (2, U, "a.bin")


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ("\tx", "size"),
        ("\t-1", "size"),
        ("\t٣", "size"),
        (f"\t{'9' * 5000}", "size"),
        ("\t1\tx", "MD5"),
        (f"\t1\t{'0' * 32}", "MD5"),
        (f"\t1\t{MD5}\tmore", "more than"),
    ],
)
def test_googles_list_with_wrong_columns(columns: str, reason: str) -> None:
    """What was known of a file is never dropped silently."""
    _, (row,) = read(f"TsvHttpData-1.0\n{U}{columns}")
    assert isinstance(row, Unreadable)
    assert reason in row.reason


def test_json_lines() -> None:
    """Any field of a transfer is handed on as it is, to be judged by who judges events."""
    item = {"source_url": U, "target_object_name": "k", "expected_size": "x", "metadata": {"a": 1}}
    assert event(json.dumps(item), prefix="p/") == {**item, "target_object_name": "p/k"}
    nothing = {"source_url": "HTTP://h/b", "target_object_name": None, "target_region": None}
    assert event(json.dumps(nothing), naming="host") == {
        "source_url": "http://h/b",
        "target_object_name": "h/b",
    }


def _manifest(schema: str, *files: str, **more: Any) -> str:
    return json.dumps({"fileSchema": schema, "files": [{"key": key} for key in files], **more})


def test_migration() -> None:
    """Data Online Migration's: URL and key are decoded once, the columns are where they are."""
    rows = "a%2Bb%25c%2Cd.file,5,https://h/x%2520y?a=1%2C2\nb+c,,https%3A%2F%2Fh%2Fz,more\n"
    files = {"1.csv.gz": gzip.compress(rows.encode()), "2.csv": b"\xff\nk,x,https://h/\nk\n"}
    format, found = read(_manifest("Key, Size,url", *files), prefix="p/", files=files)
    assert format == "migration"
    assert found[:2] == [
        Row(
            1,
            {
                "source_url": "https://h/x%20y?a=1,2",
                "target_object_name": "p/a+b%c,d.file",
                "expected_size": 5,
            },
        ),
        Row(2, {"source_url": "https://h/z", "target_object_name": "p/b c"}),
    ]
    assert [(type(row), row.number) for row in found[2:]] == [(Unreadable, n) for n in (3, 4, 5)]


def test_migration_with_hashes() -> None:
    """An MD5 is expected; other sums are not ours to check."""
    schema = "Url,Key,HashAlg,HashValue"
    for row, expected in {
        f"MD5,{MD5}": MD5,
        f"md5,{'0' * 32}": "0" * 32,
        "CRC64,123": None,
        "MD5,": None,
        ",": None,
    }.items():
        found = event(_manifest(schema, "1"), files={"1": f"{U},k,{row}\n".encode()})
        assert found.get("expected_md5") == expected


def test_an_inventory_of_oss() -> None:
    """Objects that are there now, under the keys that they have; not what they were."""
    rows = (
        '"b","d%2F%E4%BD%A0+x","V","true","false","5"\n'
        '"b","old","V","false","false","5"\n'
        '"b","gone","V","true","true","0"\n'
        '"b","..%2Fx","V","true","false","5"\n'
        '"b","y","V","true","false","5"\n'
    )
    manifest = _manifest(
        "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size", "1", sourceBucket="src"
    )
    format, found = read(manifest, prefix="p/", files={"1": gzip.compress(rows.encode())})
    assert format == "inventory"
    assert found[0] == Row(1, {"source_url": "oss://src/d/你 x", "target_object_name": "p/d/你 x"})
    assert isinstance(found[1], Unreadable)
    assert found[1].leaves
    assert [row.number for row in found] == [1, 4, 5]


@pytest.mark.parametrize(
    ("written", "bucket"),
    [
        ({"sourceBucket": "b", "destinationBucket": "b"}, "oss://b"),
        ({"sourceBucket": "b", "destinationBucket": "acs:oss:::b"}, "oss://b"),
        ({"sourceBucket": "b", "destinationBucket": "arn:aws:s3:::lists"}, "s3://b"),
        ({"sourceBucket": "b", "destinationBucket": "arn:aws-cn:s3:::lists"}, "s3://b"),
        ({"sourceBucket": "b", "sourceAppid": "1250000000"}, "cos://b-1250000000"),
        ({"sourceBucket": "b-1250000000", "sourceAppid": "1250000000"}, "cos://b-1250000000"),
    ],
)
def test_an_inventory_is_of_the_cloud_that_wrote_it(written: dict[str, str], bucket: str) -> None:
    """Its objects lie where it was made, and not where it is read."""
    found = event(_manifest("Bucket, Key", "1", **written), files={"1": b'"b","a%2Fb"\n'})
    assert found["source_url"] == f"{bucket}/a/b"


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"files": [{"key": "1"}]}, "no fileSchema"),
        ({"fileSchema": " ", "files": [{"key": "1"}]}, "no fileSchema"),
        ({"fileSchema": "Url, Key"}, "no files"),
        ({"fileSchema": "Url, Key", "files": []}, "no files"),
        ({"fileSchema": "Url, Key", "files": ["1"]}, "file without a key"),
        ({"fileSchema": "Url, Key", "files": [{"key": ""}]}, "file without a key"),
        ({"fileSchema": "Url", "files": [{"key": "1"}]}, "must name Url and Key"),
        ({"fileSchema": "Bucket, Key", "files": [{"key": "1"}]}, "sourceBucket"),
        ({"fileSchema": "Key", "files": [{"key": "1"}], "fileFormat": "ORC"}, "CSV"),
    ],
)
def test_a_manifest_without_what_it_needs(document: dict[str, Any], reason: str) -> None:
    """All of the list is refused before a file is opened."""
    with pytest.raises(InvalidEvent, match=reason):
        read(json.dumps(document), files={})


NAMES = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0\n\r"), min_size=1, max_size=40
).filter(lambda name: name[0] not in "/\\" and not {".", ".."} & {*name.split("/")})
URLS = (
    st.text(min_size=1, max_size=20)
    .filter(lambda text: not any(map(str.isspace, text)))
    .map(lambda text: f"https://h/{quote(text.encode(errors='replace'))}?sig=a%2Cb")
)
ITEMS = st.lists(st.tuples(URLS, NAMES.map(lambda name: f"k{name}")), min_size=1, max_size=20)
TEXT = st.sampled_from(["\n", "\r\n"])


@given(
    ITEMS,
    TEXT,
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    st.booleans(),
)
def test_what_csv_writes_is_read(
    rows: list[tuple[str, str]], end: str, quoting: int, packed: bool
) -> None:
    """By Python's own writer, with newlines in the keys."""
    rows = [(url, f'{key}\n{key}\r\n,"') for url, key in rows]
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=end, quoting=quoting).writerows(rows)  # type: ignore[arg-type]
    data = out.getvalue().encode()
    _, found = read(gzip.compress(data) if packed else data, "l.csv", prefix="p/", size=7)
    assert [row[1:] for row in items(found)] == [(url, f"p/{key}") for url, key in rows]


@given(ITEMS, TEXT)
def test_what_others_write_is_read(rows: list[tuple[str, str]], end: str) -> None:
    """JSON lines, TAB and a manifest, each from a writer that knows nothing of the reader."""
    numbered = [(n, url, f"p/{key}") for n, (url, key) in enumerate(rows, 1)]
    lines = "".join(
        json.dumps({"source_url": url, "target_object_name": key}) + end for url, key in rows
    )
    assert items(read(lines, prefix="p/")[1]) == numbered
    encoded = "".join(f"{quote_plus(url)},{quote_plus(key)}\n" for url, key in rows).encode()
    files = {"1": gzip.compress(encoded)}
    assert items(read(_manifest("Url, Key", "1"), prefix="p/", files=files)[1]) == numbered
    if not any("\t" in key or "://" in key for _, key in rows):
        lines = "".join(f"{url}\t{key}{end}" for url, key in rows)
        assert items(read(lines, prefix="p/")[1]) == numbered


@given(st.lists(NAMES, min_size=1), TEXT)
def test_a_path_that_is_quoted_is_the_key_again(names: list[str], end: str) -> None:
    """For URLs alone, whatever their queries are."""
    lines = "".join(f"https://h/d/{quote(name, safe='')}?x=/y{end}" for name in names)
    assert [key for _, _, key in items(read(lines, "l.urls", prefix="p/")[1])] == [
        f"p/{name}" for name in names
    ]
