"""Lists of many items, from end to end: of every format, and with everything wrong in them."""

from __future__ import annotations

import base64
import csv
import gzip
import hashlib
import io
import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from tests.e2e.bulk_jobs import (
    by_item,
    done,
    failures,
    forget,
    keys_below,
    listed,
    refused,
    report,
)
from tests.e2e.canary import CANARY
from tests.e2e.contents import bytes_of
from tests.e2e.interrupted import record_names
from tests.e2e.spotless import abort_uploads
from tests.e2e.transfers import exists, headers_of, stored
from tests.localcloud.client import LocalCloud

SIZE = 3000
COUNT = 40  # so many that children take part
MIB = 1024 * 1024
SECRET = f"X-Amz-Signature={CANARY}"


@pytest.fixture(autouse=True)
def records(cloud: LocalCloud) -> Iterator[None]:
    """Reports stay for who asked for them, but not for the next test."""
    yield
    forget(cloud)
    abort_uploads(cloud)


def md5_of(seed: str, size: int = SIZE) -> str:
    digest = hashlib.md5(bytes_of(seed, size), usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


def csv_of(*records: tuple[object, ...]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(records)
    return text.getvalue()


def written(cloud: LocalCloud, format: str, key: str) -> tuple[str, str]:
    """Return how an event names a list of one format, and which key its items have."""
    seeds = [f"{key} {number}" for number in range(COUNT)]
    urls = {seed: cloud.generated(seed, SIZE, name=f"{seed}.bin") for seed in seeds}
    items = urls.items()
    if format == "urls":
        text = "# a comment\n\n" + "".join(f"{url}?{SECRET}\r\n" for url in urls.values())
        return listed(cloud, f"{key}.txt", text), "{}.bin"
    if format == "tsv":
        text = "".join(f"{url}\tdeep/{seed}\n" for seed, url in items)
        return listed(cloud, f"{key}.tsv", text), "deep/{}"
    if format == "google":
        text = "".join(f"{url}\t{SIZE}\t{md5_of(seed)}\n" for seed, url in items)
        host = cloud.origin.removeprefix("http://")
        return listed(cloud, key, f"TsvHttpData-1.0\n{text}"), f"{host}/random/{{}}/{SIZE}/{{}}.bin"
    if format == "csv":
        records = [(url, f'a "quoted", name\n{seed}') for seed, url in items]
        return listed(cloud, f"{key}.csv", csv_of(*records)), 'a "quoted", name\n{}'
    if format == "jsonl":
        lines = [{"source_url": url, "target_object_name": f"é{seed}"} for seed, url in items]
        text = "".join(json.dumps({**line, "expected_size": SIZE}) + "\n" for line in lines)
        return listed(cloud, f"{key}.jsonl", text), "é{}"
    if format == "migration":
        quoted = [(url.replace("%", "%25"), f"m/{seed}".replace(" ", "+")) for seed, url in items]
        return manifest(cloud, key, "Url, Key", [quoted[:7], quoted[7:]]), "m/{}"
    for seed in seeds:
        cloud.bucket.put_object(f"{key}/there/{seed}", bytes_of(seed, SIZE))
    quoted = [(cloud.bucket_name, f"{key}/there/{seed}".replace(" ", "%20")) for seed in seeds]
    extra = {"sourceBucket": cloud.bucket_name}
    return manifest(cloud, key, "Bucket, Key", [quoted], extra), f"{key}/there/{{}}"


def manifest(
    cloud: LocalCloud,
    key: str,
    schema: str,
    files: list[list[tuple[str, str]]],
    extra: dict[str, str] | None = None,
) -> str:
    names = [f"lists/{key}/{number}.csv.gz" for number in range(len(files))]
    for name, records in zip(names, files, strict=True):
        cloud.bucket.put_object(name, gzip.compress(csv_of(*records).encode()))
    document = {"fileFormat": "CSV", "fileSchema": schema, "files": [{"key": n} for n in names]}
    return listed(cloud, f"{key}/manifest.json", json.dumps({**document, **(extra or {})}))


FORMATS = ("urls", "tsv", "google", "csv", "jsonl", "migration", "inventory")


@pytest.mark.parametrize("format", FORMATS)
def test_a_list_of_any_format_is_copied(cloud: LocalCloud, key: str, format: str) -> None:
    """Identical objects under the keys that the list gives; sent again, nothing is to be done."""
    where, name = written(cloud, format, key)
    reply = done(cloud, f"{key}/", list=where)
    assert (reply["status"], reply["format"]) == ("completed", format)
    assert (reply["items"], reply["copied"], reply["bytes"]) == (COUNT, COUNT, COUNT * SIZE)
    for number in range(COUNT):
        seed = f"{key} {number}"
        there = name.format(*(seed, seed))
        assert stored(cloud, f"{key}/{there}") == bytes_of(seed, SIZE)
    again = done(cloud, f"{key}/", list=where)
    assert (again["copied"], again["unchanged"], again["failed"]) == (0, COUNT, 0)
    assert failures(cloud, again) == []


def test_a_packed_list_behind_a_signed_url_is_copied(cloud: LocalCloud, key: str) -> None:
    """gzip in several members; what is read with a secret shows it nowhere."""
    lines = [f"{cloud.generated(f'{key}{n}', n)}\t{n}\n".encode() for n in range(5)]
    packed = gzip.compress(b"".join(lines[:2])) + gzip.compress(b"".join(lines[2:]))
    url = cloud.serve_file(f"{key}.tsv.gz", packed)
    reply = done(cloud, f"{key}/", list=f"{url}?{SECRET}", max_children=0)
    assert reply["copied"] == 5
    assert keys_below(cloud, f"{key}/") == {*"01234"}


def test_each_bad_source_is_a_row_and_the_others_are_copied(cloud: LocalCloud, key: str) -> None:
    """Whatever is wrong with one, it costs no other; the report says what, where and of which."""

    def source(size: int, *behaviours: str) -> str:
        return cloud.generated(f"{key}{size}", size, *behaviours)

    far = quote(quote(f"{source(1007, 'status:404')}&{SECRET}", safe=""), safe="")
    bad = {
        "gone": (source(1001, "status:404"), "source", "SourceGone", "404"),
        "forbidden": (source(1002, "status:403"), "source", "SourceRefused", "403"),
        "reset": (source(1003, "cut:100"), "network", "SourceUnavailable", "broke off"),
        "short": (source(1004, "close:100"), "network", "SourceUnavailable", "early"),
        "loop": (source(1005, "redirect:loop"), "source", "SourceRefused", "redirects"),
        "inside": ("http://169.254.169.254/latest", "source", "SourceRefused", "169.254"),
        "own": (f"oss://{cloud.bucket_name}/.ossferry/bulk/x", "event", "InvalidEvent", ".oss"),
        "led": (source(1006, f"location:{far}"), "source", "SourceGone", "404"),
        "none": (f"oss://{cloud.bucket_name}/nowhere/{key}", "source", "SourceGone", "gone"),
    }
    good = {
        "busy": source(2001, "status:429,retry-after:1,first:2"),
        "unknown length": source(2002, "length:chunked"),
        "until it closes": source(2003, "length:close"),
        "large": source(8 * MIB + 1),
        "large, of unknown length": source(8 * MIB + 2, "length:chunked"),
        "empty": source(0),
        "with a password": source(2005).replace("://", f"://me:{CANARY}@"),
        "another ETag": source(2004, "version:1,after:1"),
    }
    sources = {name: url for name, (url, *_) in bad.items()} | good
    lines = [f"{url}{'&' if '?' in url else '?'}{SECRET}\t{name}" for name, url in sources.items()]
    lines = [line.replace(f"?{SECRET}", "") if line[:3] == "oss" else line for line in lines]
    lines += ["ftp://somewhere/f\tscheme", f"?{SECRET}", "x" * 70_000]
    text = "\n".join(lines).encode() + b"\nhttp://\xff\n"
    reply = done(cloud, f"{key}/", list=listed(cloud, f"{key}.tsv", text))
    assert (reply["status"], reply["copied"]) == ("completed_with_failures", len(good))
    rows = by_item(cloud, reply)
    for number, (name, (_, cause, error_type, says)) in enumerate(bad.items(), 1):
        row = rows[number]
        assert (row["key"], row["outcome"]) == (f"{key}/{name}", "failed"), row
        assert (row["cause"], row["error_type"]) == (cause, error_type), row
        assert says in row["error"]
        assert "\n" not in row["error"]
    for number in range(len(sources) + 1, len(sources) + 5):
        row = rows[number]
        assert (row["outcome"], row["cause"]) == ("failed", "event")
    for name, url in good.items():
        size = int(url.partition("?")[0].rpartition("/")[2])
        assert stored(cloud, f"{key}/{name}") == bytes_of(f"{key}{size}", size), name
    assert keys_below(cloud, f"{key}/") == {*good}


def test_what_a_list_expects_of_a_source_is_checked(cloud: LocalCloud, key: str) -> None:
    """Size and MD5: the one that differs is no object, also if only what failed is sent again."""
    urls = [cloud.generated(f"{key}{n}", SIZE) for n in range(3)]
    wrong = md5_of("another")
    text = f"{urls[0]}\t{SIZE}\t{md5_of(f'{key}0')}\n{urls[1]}\t{SIZE}\t{wrong}\n"
    text += f"{urls[2]}\t{SIZE + 1}\n"
    where = listed(cloud, key, f"TsvHttpData-1.0\n{text}")
    reply = done(cloud, f"{key}/", list=where, naming="path")
    assert (reply["copied"], reply["failed"]) == (1, 2)
    rows = by_item(cloud, reply)
    assert "MD5" in rows[3]["error"] or "md5" in rows[3]["error"]
    assert rows[4]["error_type"] in ("SourceChanged", "ChecksumMismatch")
    again = done(cloud, f"{key}/", list=reply["report"]["failed_jsonl"])
    assert (again["copied"], again["failed"]) == (0, 2)
    assert len(keys_below(cloud, f"{key}/")) == 1


def test_a_list_that_breaks_off_is_read_on(cloud: LocalCloud, key: str) -> None:
    """A hiccup of whoever serves it is no reason to end a job of thousands of items."""
    lines = "".join(f"{cloud.generated(f'{key}{n}', n)}\t{n:09}\n" for n in range(6))
    for number, behaviours in enumerate((("cut:70",), ("status:503,first:1",), ("close:99",))):
        url = cloud.serve_file(f"{key}{number}.tsv", lines.encode(), *behaviours)
        reply = done(cloud, f"{key}/{number}/", list=url, max_children=0)
        assert reply["copied"] == 6
        assert keys_below(cloud, f"{key}/{number}/") == {f"{n:09}" for n in range(6)}


def test_a_list_that_is_not_there_is_one_error(cloud: LocalCloud, key: str) -> None:
    """Without the secret of its URL."""
    url = cloud.serve_file(f"{key}.tsv", b"", "status:404")
    error = refused(cloud, f"{key}/", list=f"{url}&{SECRET}")
    assert (error.error_type, "404" in error.message) == ("SourceGone", True)
    inside = refused(cloud, f"{key}/", list=f"http://169.254.169.254/?{SECRET}")
    assert inside.error_type == "SourceRefused"
    nowhere = f"oss://{cloud.bucket_name}/lists/nowhere"
    assert refused(cloud, f"{key}/", list=nowhere).error_type == "SourceGone"


def test_a_damaged_list_is_refused_before_anything_is_written(cloud: LocalCloud, key: str) -> None:
    """Cut off within its gzip, or no list at all."""
    rows = "".join(f"{cloud.generated(f'{key}{n}', 9)}\t{n}\n" for n in range(3000)).encode()
    packed = gzip.compress(rows)
    manifest = b'{"fileSchema": "Url, Key", "files": [{"key": "lists/nowhere.csv"}]}'
    for content in (packed[:-9], b"", b"\0\1\2", manifest, b"nothing of the kind"):
        error = refused(cloud, f"{key}/", list=listed(cloud, key, content))
        assert error.error_type in ("InvalidEvent", "SourceGone"), content[:20]
    assert not keys_below(cloud, f"{key}/")
    assert not record_names(cloud)


def test_an_item_may_say_what_becomes_of_an_object(cloud: LocalCloud, key: str) -> None:
    """Its own word weighs more than the job's."""
    urls = [cloud.generated(f"{key}{n}", 9) for n in range(3)]
    own: tuple[dict[str, str], ...] = ({"overwrite": "never"}, {"overwrite": "always"}, {})
    lines = [
        {"source_url": url, "target_object_name": str(n), **fields}
        for n, (url, fields) in enumerate(zip(urls, own, strict=True))
    ]
    for n in range(3):
        cloud.bucket.put_object(f"{key}/{n}", b"old")
    where = listed(cloud, f"{key}.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    reply = done(cloud, f"{key}/", list=where, overwrite="never")
    assert (reply["copied"], reply["skipped"]) == (1, 2)
    assert [stored(cloud, f"{key}/{n}") == b"old" for n in range(3)] == [True, False, True]


def test_what_is_secret_in_an_event_is_in_no_record(cloud: LocalCloud, key: str) -> None:
    """Headers for all sources, and of one item; both are needed to do it again."""
    url = cloud.generated(key, 10, "auth:required")
    bad = cloud.generated(f"{key}bad", 10, "status:404")
    secret = {"Authorization": CANARY}
    text = "".join(
        json.dumps({"source_url": each, "target_object_name": name, "source_headers": secret})
        + "\n"
        for name, each in (("a", url), ("b", bad))
    )
    reply = done(cloud, f"{key}/own/", list=listed(cloud, f"{key}.jsonl", text))
    assert (reply["copied"], reply["failed"]) == (1, 1)
    text = f"{url}\ta\n{bad}\tb\n"
    where = listed(cloud, f"{key}.tsv", text)
    reply = done(cloud, f"{key}/all/", list=where, source_headers=secret)
    assert (reply["copied"], reply["failed"]) == (1, 1)
    error = refused(cloud, "", id=reply["id"], again="failed")
    assert "source_headers" in error.message
    again = done(
        cloud, f"{key}/all/", id=reply["id"], again="failed", list=where, source_headers=secret
    )
    assert (again["items"], again["failed"]) == (1, 1)


ODD = (
    '{"source_url": "%s", "target_object_name": "odd", "metadata": {"a": "\\ud800"}}',
    '{"source_url": "%s", "target_object_name": "odd", "expected_size": "many"}',
    '{"source_url": "%s", "target_object_name": "odd", "expected_size": 1e999}',
    '{"source_url": "%s", "target_object_name": "odd", "expected_size": true}',
    '{"source_url": "%s", "target_object_name": "odd", "metadata": [1]}',
    '{"source_url": "%s", "target_object_name": "odd", "overwrite": "newer"}',
    '{"source_url": "%s", "target_object_name": "odd", "kind": "sweep"}',
    '{"source_url": "%s", "target_object_name": "odd", "handover": [1, "a", 0]}',
    '{"source_url": "%s", "target_object_name": "odd", "source_url ": 1}',
    '{"source_url": "http://[::1", "target_object_name": "odd"}',
    '{"source_url": "http://x:99999/a", "target_object_name": "odd"}',
    '{"source_url": "http://a\\u0000b/", "target_object_name": "odd"}',
    '{"source_url": "oss://BAD_BUCKET/x", "target_object_name": "odd"}',
    '{"source_url": "oss://", "target_object_name": "odd"}',
)


def test_odd_items_fail_alone(cloud: LocalCloud, key: str) -> None:
    """Whatever JSON can write where something else is meant."""
    url = cloud.generated(key, 10)
    odd = [(line % url if "%s" in line else line) for line in ODD]
    lines = [line.replace('"odd"', f'"odd{n}"') for n, line in enumerate(odd)]
    lines.append(json.dumps({"source_url": url, "target_object_name": "good"}))
    where = listed(cloud, f"{key}.jsonl", "\n".join(lines))
    reply = done(cloud, f"{key}/", list=where)
    assert (reply["copied"], reply["failed"]) == (1, len(odd)), report(cloud, reply)
    assert keys_below(cloud, f"{key}/") == {"good"}
    for row in report(cloud, reply):
        assert row["outcome"] == "copied" or row["error_type"] == "InvalidEvent", row


def test_a_report_of_any_length_is_written(cloud: LocalCloud, key: str) -> None:
    """Part by part, and read again as it was written."""
    count = 40_000
    text = "".join(f"nonsense\t{n}\n" for n in range(count))
    url = cloud.generated(key, 10)
    reply = done(cloud, f"{key}/", list=listed(cloud, f"{key}.tsv", f"{text}{url}\tlast\n"))
    assert (reply["copied"], reply["failed"]) == (1, count)
    assert [row["item"] for row in report(cloud, reply)] == [*range(1, count + 2)]


def test_the_md5_of_a_large_item_is_checked(cloud: LocalCloud, key: str) -> None:
    """Lists as Google's transfers read them have one of each, whatever its size."""
    size = 9 * MIB
    url = cloud.generated(key, size)
    text = f"TsvHttpData-1.0\n{url}\t{size}\t{md5_of(key, size)}\n"
    reply = done(cloud, f"{key}/", list=listed(cloud, key, text), naming="name")
    assert (reply["copied"], reply["failed"]) == (1, 0), report(cloud, reply)
    wrong = text.replace(md5_of(key, size), md5_of(key, 1))
    reply = done(cloud, f"{key}/other/", list=listed(cloud, key, wrong), naming="name")
    assert reply["failed"] == 1
    assert not keys_below(cloud, f"{key}/other/")


def test_the_list_of_failures_is_a_list(cloud: LocalCloud, key: str) -> None:
    """Once the sources are mended, it does what failed, as it was asked for, and nothing else."""
    bodies = {f"{n}.bin": bytes_of(f"{key}{n}", SIZE) for n in range(COUNT)}
    urls = {name: cloud.serve_file(f"{key}/{name}", body) for name, body in bodies.items()}
    missing = [f"{n}.bin" for n in range(0, COUNT, 3)]
    for name in missing:
        (cloud.origin_root / key / name).unlink()
    lines = [
        {"source_url": url, "target_object_name": f"in/{name}", "metadata": {"colour": "red"}}
        for name, url in urls.items()
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    reply = done(cloud, f"{key}/", list=listed(cloud, f"{key}.jsonl", text))
    assert {row["target_object_name"] for row in failures(cloud, reply)} == {
        f"in/{name}" for name in missing
    }
    for name in missing:
        cloud.serve_file(f"{key}/{name}", bodies[name])
    again = done(cloud, f"{key}/", list=reply["report"]["failed_jsonl"])
    assert (again["status"], again["items"], again["copied"]) == (
        "completed",
        len(missing),
        len(missing),
    )
    for name, body in bodies.items():
        assert stored(cloud, f"{key}/in/{name}") == body
        assert headers_of(cloud, f"{key}/in/{name}")["x-oss-meta-colour"] == "red"


def test_a_failure_whose_query_is_kept_nowhere_says_how_it_is_done_again(
    cloud: LocalCloud, key: str
) -> None:
    """Of a signed URL the list of failures has too little; the job itself, again, has enough."""
    url = cloud.serve_file(f"{key}.bin", b"")
    (cloud.origin_root / f"{key}.bin").unlink()
    text = f"{url}?{SECRET}\tone\n{cloud.generated(key, 9)}\ttwo\n"
    reply = done(cloud, f"{key}/", list=listed(cloud, f"{key}.tsv", text))
    assert (reply["copied"], reply["failed"]) == (1, 1)
    resent = done(cloud, f"{key}/", list=reply["report"]["failed_jsonl"])
    assert resent["status"] == "failed"
    [row] = report(cloud, resent)
    assert "again: failed" in row["error"]
    cloud.serve_file(f"{key}.bin", b"mended")
    again = done(cloud, f"{key}/", id=reply["id"], again="failed")
    assert (again["items"], again["copied"]) == (1, 1)
    assert stored(cloud, f"{key}/one") == b"mended"


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["{0}\tsame", "{1}\tother", "{2}\tsame"], "lines 1 and 3"),
        (["{0}\ta", "{1}\t../out"], "line 2"),
        (["{0}\ta", "{1}\tb/../../c"], "line 2"),
        (["{0}\ta", "{1}\t/out"], "line 2"),
    ],
)
def test_a_list_that_cannot_be_meant_is_refused_before_anything_is_written(
    cloud: LocalCloud, key: str, lines: list[str], says: str
) -> None:
    """Two items for one object, or a key that leaves the prefix: by their lines, and no object."""
    urls = [cloud.generated(f"{key}{n}", 10) for n in range(3)]
    prefix = f"refused/{len(says)}/"
    where = listed(cloud, "refused.tsv", "\n".join(lines).format(*urls))
    error = refused(cloud, prefix, list=where)
    assert error.error_type == "InvalidEvent"
    assert says in error.message
    assert not keys_below(cloud, prefix)
    assert not record_names(cloud)


def test_strict_refuses_a_list_with_a_line_that_cannot_be_read(cloud: LocalCloud, key: str) -> None:
    """Without it that line fails alone."""
    url = cloud.generated(key, 10)
    where = listed(cloud, f"{key}.tsv", f"{url}\ta\nnonsense\tb\n")
    error = refused(cloud, f"{key}/", list=where, strict=True)
    assert "line 2" in error.message
    assert not exists(cloud, f"{key}/a")
    assert not record_names(cloud)
    assert done(cloud, f"{key}/", list=where)["copied"] == 1


def test_no_item_gets_among_the_records(cloud: LocalCloud, key: str) -> None:
    """Not by its prefix, by its key, or by both together; and none is copied out of them."""
    url = cloud.generated(key, 10)
    where = listed(cloud, f"{key}.tsv", f"{url}\t.ossferry/bulk/x/head.json\n")
    for prefix in (".ossferry/", ".ossferry/x", ".oss", ".ossferry"):
        assert refused(cloud, prefix, list=where).error_type == "InvalidEvent"
    reply = done(cloud, "", list=where)
    assert (reply["copied"], reply["failed"]) == (0, 1)
    for source in (".ossferry/", ".ossferry/bulk/", ".ossferry/x"):
        error = refused(cloud, f"{key}/", source=f"oss://{cloud.bucket_name}/{source}")
        assert error.error_type == "InvalidEvent"
    hidden = f"oss://{cloud.bucket_name}/.ossferry/bulk/x/head.json"
    assert refused(cloud, f"{key}/", list=hidden).error_type == "InvalidEvent"
    assert not keys_below(cloud, f"{key}/")


def test_a_dry_run_of_a_list_writes_nothing(cloud: LocalCloud, key: str) -> None:
    """It says what there is to do, and asks no source."""
    url = cloud.generated(key, 10)
    where = listed(cloud, f"{key}.tsv", f"{url}\ta\nnonsense\tb\n{url}\tc\n")
    reply = cloud.invoke(
        {
            "kind": "bulk",
            "list": where,
            "target_region": cloud.region,
            "target_bucket_name": cloud.bucket_name,
            "target_prefix": f"{key}/",
            "dry_run": True,
        }
    )
    assert (reply["status"], reply["items"], reply["copy"], reply["failed"]) == ("dry_run", 3, 2, 1)
    assert not keys_below(cloud, f"{key}/")
    assert not record_names(cloud)
    assert not cloud.origin_requests(url)["requests"]
