"""What hypothesis chooses from: changes of a source, events, and what happens to them."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from tests.model.events import Event
from tests.model.source import IDS, SIZES, Change

# More than a transfer of three parts has requests, so that some of it comes too late to matter.
MOMENTS = 24


@dataclass(frozen=True)
class Duplicate:
    """The same key is asked for once more, by the same event or by another, and all of that is
    done at once."""

    event: Event | None = None


@dataclass(frozen=True)
class Misfortune:
    """Something that happens at a request, counted from 1."""

    at: int
    what: str | Change | Duplicate


# Of files that have a strong ETag nothing else tells that they were replaced.
replacements = st.builds(Change, id=st.sampled_from(IDS), content=st.just(True))
changes = replacements | st.builds(
    Change,
    id=st.sampled_from(IDS),
    content=st.booleans(),
    size=st.sampled_from([None, None, None, *SIZES]),
    etag=st.sampled_from([None, None, "strong", "of_date", "none"]),
    revised=st.booleans(),
    date=st.sampled_from([None, None, "new", "none"]),
    nodes=st.sampled_from([None, None, None, 1, 2]),
    ranges=st.sampled_from([None, None, None, True, False]),
    crc64=st.sampled_from([None, None, True, False]),
    typed=st.booleans(),
)
events = st.builds(
    Event,
    id=st.sampled_from(IDS),
    by_parts=st.sampled_from([True, True, True, False]),
    overwrite=st.sampled_from(["different", "different", "always", "never"]),
    who=st.sampled_from(["a", "b"]),
    expects=st.sampled_from([None, None, None, "size", "crc64", "md5"]),
    wrong=st.sampled_from([False, False, False, True]),
)
# The first few decide what a source is known by.
moments = st.integers(1, 4) | st.integers(1, MOMENTS)
misfortunes = st.lists(
    st.builds(
        Misfortune,
        moments,
        st.one_of(
            st.just("replaced"),
            st.sampled_from(["hiccup", "lost", "crash", "stop", "old swept", "all swept"]),
            changes,
            st.builds(Duplicate, st.none() | events),
        ),
    ),
    max_size=2,
    unique_by=lambda each: each.at,
)

# Of one event that comes again: what happens to it, and whether the file is replaced afterwards.
replaced_runs = st.lists(
    st.tuples(
        st.lists(
            st.builds(Misfortune, moments, st.sampled_from(["replaced", "replaced", "stop"])),
            max_size=2,
            unique_by=lambda each: each.at,
        ),
        st.booleans(),
    ),
    min_size=1,
    max_size=3,
)
