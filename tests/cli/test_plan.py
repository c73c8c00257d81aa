"""``ossferry plan``: what it says of sources, lists and prefixes, and what it never does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ossferry_cli import words
from ossferry_cli.planning.many import Many
from ossferry_cli.planning.prices import OWN, prices_of, rounded, units
from ossferry_cli.planning.warn import of_many, of_one
from ossferry_cli.problems import Misuse
from tests.cli.running import Command


def warned(**given: object) -> str:
    asked: dict[str, object] = {
        "splittable": True,
        "size": 10**9,
        "known_by": ["etag", "size"],
        "seconds": 10.0,
        "signed_for": None,
        "timeout": 3600.0,
    }
    return " ".join(of_one(**{**asked, **given}))  # type: ignore[arg-type]


def test_nothing_is_warned_of_where_nothing_is_wrong() -> None:
    """A signature that lasts is no reason either."""
    assert warned() == warned(signed_for=900.0) == ""


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"signed_for": 540.0, "seconds": 720.0},
            "the URL expires in 9 min 00 s, this takes about 12 min 00 s",
        ),
        ({"signed_for": -1.0}, "has expired"),
        ({"size": None, "seconds": None}, "does not say its size"),
        ({"splittable": False}, "cannot be split"),
        ({"known_by": ["size"]}, "neither an ETag nor a date"),
        ({"seconds": 4000.0}, "hands over"),
        ({"seconds": 4000.0, "splittable": False}, "in one piece"),
    ],
)
def test_a_warning_says_what_to_do(given: dict[str, object], sentence: str) -> None:
    """One for each thing that goes wrong."""
    assert sentence in warned(**given)


def test_what_is_many_has_warnings_of_its_own() -> None:
    """Archived objects fail unless they are restored."""
    assert "--thaw" in " ".join(of_many(Many(items=2, frozen=1), thaws=False))
    assert [*of_many(Many(items=2, frozen=1), thaws=True)] == []
    assert "in their own cloud first" in " ".join(of_many(Many(items=2, elsewhere=1), thaws=False))
    assert "nothing to do" in " ".join(of_many(Many(), thaws=True))


def test_prices_are_of_a_region_and_have_a_source() -> None:
    """What was not found is not known, and nobody guesses it."""
    mainland, elsewhere = prices_of("cn-hangzhou"), prices_of("cn-hongkong")
    assert (mainland.currency, elsewhere.currency) == ("CNY", "USD")
    line = mainland.line("oss_put", "requests", 20_000)
    assert line.price == 0.02
    assert "OSS" in line.source
    assert elsewhere.line("oss_put", "requests", 20_000).price is None
    assert elsewhere.line("fc_cu", "CU", 1_000_000).price == 20.0


def test_every_price_says_where_and_when_it_was_found() -> None:
    """The file is what a user would write another like."""
    document = json.loads(OWN.read_text("utf-8"))
    assert document["date"]
    for row in document["prices"]:
        assert row.keys() == {
            *("region", "item", "value", "unit", "of", "currency", "source", "date"),
        }
        assert row["currency"] == document["regions"][row["region"]]["currency"]


def test_units_are_those_of_the_default_deployment() -> None:
    """1 vCPU, 1 GB and 512 MB of disk are 1.175 CU in a second."""
    assert units(1000, 0, 1.0, 1024, 512) == pytest.approx(1175)
    assert units(0, 10_000, 1.0, 1024, 512) == pytest.approx(75)


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.000129, "0.00013"), (1234.0, "1200"), (0.0, "0"), (0.0000000234, "0.000000023")],
)
def test_an_amount_has_two_digits(value: float, said: str) -> None:
    """And no exponent."""
    assert words.amount(rounded(value)) == said


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"regions": {}, "prices": []}'])
def test_a_file_without_prices_is_one_sentence(text: str, tmp_path: Path) -> None:
    """Neither a traceback nor a guess."""
    file = tmp_path / "prices.json"
    file.write_text(text)
    with pytest.raises(Misuse, match="no prices"):
        prices_of("cn-hangzhou", file)
    with pytest.raises(Misuse, match="cannot be read"):
        prices_of("cn-hangzhou", tmp_path / "none")


def test_a_plan_says_what_a_source_says(ossferry: Command) -> None:
    """Its size, how it can be read, and what copying it would take; and copies nothing."""
    url = ossferry.cloud.generated("plan", 50_000_000, name="plan.bin")
    before = ossferry.cloud.oss_requests()
    done = ossferry("plan", url, ossferry.target("planned"), "--json")
    assert done.code == 0, done.err
    found = done.document
    assert found["source"]["bytes"] == 50_000_000
    assert found["source"]["splittable"]
    assert found["forecast"]["seconds"] > 0
    assert found["forecast"]["oss_puts"] > found["forecast"]["parts"] > 1
    assert found["price"]["currency"] == "CNY"
    assert ossferry.cloud.oss_requests() == before
    text = ossferry("plan", url).out
    assert "50.0 MB, in ranges" in text
    assert "list price of" in text
    assert "not included" in text


def test_a_rate_is_measured_from_here(ossferry: Command) -> None:
    """And said to be."""
    url = ossferry.cloud.generated("rate", 80_000_000, "rate:2000000", name="r.bin")
    found = ossferry("plan", url, "--measure", "--json").document
    assert found["measured"]["from"] == "this machine"
    assert found["measured"]["connections"] == 4
    assert 200_000 < found["measured"]["bytes_per_second_of_one"] < 4_000_000
    assert ossferry("plan", url, "--rate", "2").out.count("as --rate says") == 1


def test_a_source_in_one_piece_is_warned_of(ossferry: Command) -> None:
    """It takes what one connection takes."""
    url = ossferry.cloud.generated("whole", 2_000_000_000, "range:ignored", name="w.bin")
    done = ossferry("plan", url, "--rate", "2")
    assert done.code == 0, done.err
    assert "cannot be split" in done.out
    assert "16 min" in done.out


def test_a_signature_that_ends_too_early_is_warned_of(ossferry: Command) -> None:
    """And is not shown itself."""
    bucket = ossferry.cloud.bucket
    bucket.put_object("signed-plan/x", b"1" * 20_000_000)
    url = bucket.sign_url("GET", "signed-plan/x", 60)
    done = ossferry("plan", url, "--rate", "0.001")
    assert done.code == 0, done.err
    assert done.out.startswith("warning: the URL expires in ")
    assert "ignature=" not in done.out + done.err


def test_a_prefix_is_listed_and_a_list_is_counted(ossferry: Command, tmp_path: Path) -> None:
    """Objects inside a region pass no function."""
    bucket = ossferry.cloud.bucket
    for name in ("a.gz", "b.gz", "c.txt"):
        bucket.put_object(f"to-plan/{name}", b"12345")
    done = ossferry("plan", ossferry.target("to-plan/"), ossferry.target("x/"), "--json")
    assert done.document["source"]["items"] == 3
    assert done.document["source"]["bytes"] == 15
    assert done.document["forecast"]["seconds"] is None
    few = ossferry("plan", ossferry.target("to-plan/"), "--include", "*.gz", "--json").document
    assert few["source"]["items"] == 2
    file = tmp_path / "list.jsonl"
    rows = [{"source_url": f"https://example.org/{n}", "expected_size": 10**9} for n in range(5)]
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    listed = ossferry("plan", "--list", str(file), "--json").document
    assert (listed["source"]["items"], listed["source"]["bytes"]) == (5, 5 * 10**9)
    assert listed["forecast"]["seconds"] > 1


def test_what_restoring_takes_is_part_of_it(ossferry: Command) -> None:
    """With quantities, and prices where they are known."""
    headers = {"x-oss-storage-class": "ColdArchive"}
    ossferry.cloud.bucket.put_object("cold-plan/x", b"1" * 1000, headers=headers)
    prefix = ossferry.target("cold-plan/")
    assert "add --thaw" in ossferry("plan", prefix, ossferry.target("y/")).out
    found = ossferry("plan", prefix, "--thaw", "--tier", "Bulk", "--json").document
    assert found["restore"]["ColdArchive"]["objects"] == 1
    items = {line["item"]: line["price"] for line in found["price"]["lines"]}
    assert items["restore_cold_bulk"] is not None


def test_verbose_names_what_is_used(ossferry: Command) -> None:
    """On stderr, so that JSON stays JSON; no key is among it."""
    done = ossferry("ls", "--json", "-v")
    assert isinstance(done.document, dict)
    assert "credentials: the local cloud\nfunction: ossferry" in done.err
    assert "endpoint: http://127.0.0.1:" in done.err


def test_what_is_refused_ends_with_a_sentence(ossferry: Command) -> None:
    """And the exit code of the others."""
    url = ossferry.cloud.generated("gone", 9, "first:1,status:404", name="gone")
    done = ossferry("plan", url)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("ossferry: ")
    assert ossferry("plan").code == 2
