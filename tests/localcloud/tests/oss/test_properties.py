"""What is said about objects: symlinks, tags, ACLs, and attributes that do not exist."""

from __future__ import annotations

from collections.abc import Iterator

import oss2
import pytest
from oss2.models import Tagging, TaggingRule

from tests.peers.oss_service import OssService, refusal, running

DATA = bytes(range(256)) * 4


@pytest.fixture(scope="module")
def oss() -> Iterator[OssService]:
    with running() as service:
        yield service


def test_a_symlink_shows_what_it_points_to(oss: OssService) -> None:
    """Content, size and ETag are the target's; its own metadata are its own."""
    bucket = oss.bucket()
    put = bucket.put_object("target ü", DATA)
    bucket.put_symlink("target ü", "link", headers={"x-oss-meta-l": "1"})
    assert bucket.get_symlink("link").target_key == "target ü"
    got = bucket.get_object("link")
    assert (got.read(), got.etag, got.object_type) == (DATA, put.etag, "Symlink")
    assert got.headers["x-oss-meta-l"] == "1"
    bucket.put_symlink("link", "link-to-link")
    bucket.put_symlink("nothing", "dangling")
    for key, code in (("link-to-link", "InvalidTargetType"), ("dangling", "SymlinkTargetNotExist")):
        with pytest.raises(oss2.exceptions.ServerError) as error:
            bucket.get_object(key)
        assert error.value.code == code
    with pytest.raises(oss2.exceptions.ServerError) as error:
        bucket.get_symlink("target ü")
    assert refusal(error) == (400, "NotSymlink")


def test_a_symlink_is_as_new_as_the_newer_of_the_two(oss: OssService) -> None:
    """Replacing the target renews the link, which was not touched."""
    bucket = oss.bucket()
    bucket.put_object("renewed", b"old")
    bucket.put_symlink("renewed", "link")
    before = bucket.head_object("link").last_modified
    oss.advance(60)
    bucket.put_object("renewed", b"new")
    assert bucket.head_object("link").last_modified >= before + 60


def test_tags_are_set_read_counted_and_removed(oss: OssService) -> None:
    """By header or by document; too many or malformed ones are refused."""
    bucket = oss.bucket()
    bucket.put_object("tagged", DATA, headers={"x-oss-tagging": "a=1&b%20c=%2B-._:/=%C3%BC"})
    assert bucket.get_object_tagging("tagged").tag_set.tagging_rule == {"a": "1", "b c": "+-._:/=ü"}
    assert bucket.head_object("tagged").headers["x-oss-tagging-count"] == "2"
    rule = TaggingRule()
    rule.add("only", "")
    bucket.put_object_tagging("tagged", Tagging(rule))
    assert bucket.get_object_tagging("tagged").tag_set.tagging_rule == {"only": ""}
    bucket.delete_object_tagging("tagged")
    assert bucket.get_object_tagging("tagged").tag_set.tagging_rule == {}
    many = "&".join(f"k{number}=v" for number in range(11))
    for tags in (many, "=v", "k=" + "v" * 257, "a=1&a=2", "a=%25", "a@=1"):
        with pytest.raises(oss2.exceptions.ServerError) as error:
            bucket.put_object("untagged", DATA, headers={"x-oss-tagging": tags})
        assert refusal(error) == (400, "InvalidTag")


def test_object_acls(oss: OssService) -> None:
    """An object has an ACL of its own, by default the bucket's."""
    bucket = oss.bucket()
    bucket.put_object("acl", DATA)
    assert bucket.get_object_acl("acl").acl == "default"
    bucket.put_object_acl("acl", oss2.OBJECT_ACL_PUBLIC_READ)
    assert bucket.get_object_acl("acl").acl == "public-read"
    assert oss.bucket(oss2.AnonymousAuth()).get_object("acl").read() == DATA
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket.put_object_acl("acl", "public-everything")


@pytest.mark.parametrize(
    ("header", "value", "code"),
    [
        ("x-oss-storage-class", "Glacier", "InvalidArgument"),
        ("x-oss-object-acl", "mine", "InvalidArgument"),
        ("x-oss-server-side-encryption", "ROT13", "InvalidEncryptionAlgorithmError"),
    ],
)
def test_attributes_that_do_not_exist_are_refused(
    oss: OssService, header: str, value: str, code: str
) -> None:
    """A misspelt attribute is an error, not a default."""
    with pytest.raises(oss2.exceptions.ServerError) as error:
        oss.bucket().put_object("x", b"x", headers={header: value})
    assert refusal(error) == (400, code)


@pytest.mark.parametrize("parameter", ["versionId", "x-oss-process", "lifecycle", "cors"])
def test_features_that_are_not_here_are_refused(oss: OssService, parameter: str) -> None:
    """Never ignored: the reply would be to another question."""
    with pytest.raises(oss2.exceptions.ServerError) as error:
        oss.bucket().get_object("x", params={parameter: "1"})
    assert refusal(error) == (501, "NotImplemented")


def test_headers_that_are_not_utf8_are_refused(oss: OssService) -> None:
    """They could not be given back; Latin-1 is what careless clients send."""
    url = oss.bucket().sign_url("PUT", "latin", 60)
    reply = oss.http("PUT", url, data=b"x", headers={"Cache-Control": "ü".encode("latin-1")})
    assert (reply.status_code, "InvalidArgument" in reply.text) == (400, True)
