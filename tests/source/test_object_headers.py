"""The headers that an object is made with: the source's, the event's, and a mark."""

from __future__ import annotations

from ossferry.source.identity import Identity
from ossferry.source.object_headers import asked, at_completion, at_creation
from tests.source.sources import job, source


def test_the_source_gives_its_own_and_the_object_remembers_the_source() -> None:
    """What nobody asks for otherwise stays as the source's server said it."""
    probed = source(content_type="text/plain", cache_control="no-store")
    assert at_creation(job(), probed) == {
        "Content-Type": "text/plain",
        "Cache-Control": "no-store",
        "x-oss-meta-ossferry-source": Identity.of(probed).text,
    }


def test_the_event_goes_before_the_source() -> None:
    """Type, storage class and metadata; names of metadata are lower case, as OSS keeps them."""
    asked = job(content_type="a/b", storage_class="IA", metadata={"Owner": "me", "X-y": ""})
    headers = at_creation(asked, source(content_type="text/plain"))
    assert headers["Content-Type"] == "a/b"
    assert headers["x-oss-storage-class"] == "IA"
    assert headers["x-oss-meta-owner"] == "me"
    assert headers["x-oss-meta-x-y"] == ""


def test_an_object_remembers_the_md5_that_it_is_checked_for() -> None:
    """One of several parts has none at OSS, and is known by it the next time."""
    assert at_creation(job(expected_md5="ab"), source())["x-oss-meta-ossferry-md5"] == "ab"


def test_what_an_event_wants_does_not_depend_on_the_source() -> None:
    """So a source whose headers change from reply to reply is asked for the same object."""
    wanted = job(content_type="a/b", storage_class="IA", metadata={"A": "b"}, overwrite="never")
    assert asked(wanted) == {
        "Content-Type": "a/b",
        "x-oss-storage-class": "IA",
        "x-oss-meta-a": "b",
        "x-oss-forbid-overwrite": "true",
    }
    assert asked(wanted).items() <= at_creation(wanted, source(content_type="c/d")).items()


def test_a_source_without_identity_leaves_no_mark() -> None:
    """A mark that says nothing would make the next run believe something."""
    assert at_creation(job(), source(etag=None, last_modified=None)) == {}


def test_never_overwriting_is_asked_of_oss_at_both_ends() -> None:
    """Somebody else may create the object meanwhile: only OSS can refuse that in time."""
    forbidding = {"x-oss-forbid-overwrite": "true"}
    assert at_completion(job(overwrite="never")) == forbidding
    assert forbidding.items() <= at_creation(job(overwrite="never"), source()).items()
    for overwrite in ("different", "always"):
        assert at_completion(job(overwrite=overwrite)) == {}
