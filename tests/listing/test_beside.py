"""Two listings side by side, and what they say of each source."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.entries import Entry
from ossferry.listing.beside import Overwrite, beside, verdict
from tests.listing.store import entry

NAMES = st.sets(st.text("ab/￿𐀀", max_size=3))
MD5, OTHER_MD5 = "D41D8CD98F00B204E9800998ECF8427E", "0" * 32


@given(NAMES, NAMES)
def test_each_source_with_the_target_of_its_name(sources: set[str], targets: set[str]) -> None:
    """Whatever there is on one side only."""
    found = beside(
        (entry(f"s/{name}") for name in sorted(sources)),
        (entry(f"t/u/{name}") for name in sorted(targets)),
        "s/",
        "t/u/",
    )
    expected = [
        (f"s/{name}", f"t/u/{name}" if name in targets else None) for name in sorted(sources)
    ]
    assert [(source.key, target and target.key) for source, target in found] == expected


def test_neither_side_is_read_ahead() -> None:
    """Endless listings are no trouble; targets behind the last source are not asked for."""
    taken = []

    def targets() -> Iterator[Entry]:
        for n in itertools.count():
            taken.append(n)
            yield entry(f"{n:09}")

    sources = (entry(f"{2 * n:09}") for n in itertools.count())
    pairs = beside(sources, targets(), "", "")
    assert [target and target.key for _, target in itertools.islice(pairs, 3)] == [
        "000000000",
        "000000002",
        "000000004",
    ]
    assert taken == [0, 1, 2, 3, 4]


def _source(**fields: str) -> Entry:
    return entry("s", 5, 100.0, **{"etag": MD5, **fields})


@pytest.mark.parametrize(
    ("target", "overwrite", "expected"),
    [
        (None, "never", "copy"),
        (None, "newer", "copy"),
        (None, "different", "copy"),
        (_source(), "always", "copy"),
        (_source(), "never", "keep"),
        (entry("t", 5, 99.0), "newer", "copy"),
        (entry("t", 4, 100.0), "newer", "keep"),
        (entry("t", 5, 101.0), "newer", "keep"),
        (entry("t", 4, 100.0, etag=MD5), "different", "copy"),
        (entry("t", 5, 1.0, etag=MD5), "different", "same"),
        (entry("t", 5, 1.0, etag=MD5.lower()), "different", "same"),
        (entry("t", 5, 100.0, etag=OTHER_MD5), "different", "ask"),
        (entry("t", 5, 100.0, etag=f"{MD5}-1"), "different", "ask"),
    ],
)
def test_verdicts(target: Entry | None, overwrite: Overwrite, expected: str) -> None:
    """What a listing proves, and nothing more."""
    assert verdict(_source(), target, overwrite) == expected


@pytest.mark.parametrize(
    "fields", [{"etag": f"{MD5}-2"}, {"etag": ""}, {"type": "Appendable"}, {"type": "Multipart"}]
)
def test_equal_etags_that_are_no_md5_prove_nothing(fields: dict[str, str]) -> None:
    """Those of several parts say how it was written; none equals none."""
    both = _source(**fields)
    assert verdict(both, both, "different") == "ask"
