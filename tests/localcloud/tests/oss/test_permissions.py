"""What temporary credentials may do is what their policy says, operation by operation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import oss2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oss2.models import PartInfo, Tagging, TaggingRule

from tests.localcloud.policy import PREFIX, UnsupportedPolicy, allows
from tests.peers.oss_service import EVERYTHING, OssService, running

OBJECT = "acs:oss:*:*:ossferry-local/allowed/*"
BUCKET = "acs:oss:*:*:ossferry-local"


def allowing(*actions: str, resource: str | list[str] = "*", effect: str = "Allow") -> Any:
    return {"Effect": effect, "Action": list(actions), "Resource": resource}


def policy(*statements: Any) -> dict[str, Any]:
    return {"Version": "1", "Statement": list(statements)}


@pytest.fixture(scope="module")
def oss() -> Iterator[OssService]:
    with running() as service:
        service.bucket().put_object("allowed/x", b"x", headers={"x-oss-storage-class": "Standard"})
        service.bucket().put_object("other/x", b"x")
        yield service


def complete(bucket: Any) -> None:
    owner_id = bucket.init_multipart_upload("allowed/mp").upload_id
    part = bucket.upload_part("allowed/mp", owner_id, 1, b"x")
    bucket.complete_multipart_upload("allowed/mp", owner_id, [PartInfo(1, part.etag)])


NEEDED: list[tuple[str, Callable[[Any], Any]]] = [
    ("oss:GetObject", lambda b: b.get_object("allowed/x").read()),
    ("oss:GetObject", lambda b: b.head_object("allowed/x")),
    ("oss:GetObject", lambda b: b.get_object_meta("allowed/x")),
    ("oss:PutObject", lambda b: b.put_object("allowed/new", b"x")),
    ("oss:PutObject", lambda b: b.append_object("allowed/log", 0, b"")),
    ("oss:PutObject", lambda b: b.put_symlink("allowed/x", "allowed/link")),
    ("oss:PutObject", complete),
    ("oss:DeleteObject", lambda b: b.delete_object("allowed/none")),
    ("oss:DeleteObject", lambda b: b.batch_delete_objects(["allowed/none"])),
    ("oss:ListObjects", lambda b: b.list_objects()),
    ("oss:ListObjects", lambda b: b.list_objects_v2()),
    ("oss:ListMultipartUploads", lambda b: b.list_multipart_uploads()),
    ("oss:GetBucketInfo", lambda b: b.get_bucket_info()),
    ("oss:GetBucketLocation", lambda b: b.get_bucket_location()),
    ("oss:GetBucketAcl", lambda b: b.get_bucket_acl()),
    ("oss:PutBucketAcl", lambda b: b.put_bucket_acl("private")),
    ("oss:GetBucketVersioning", lambda b: b.get_bucket_versioning()),
    ("oss:GetObjectAcl", lambda b: b.get_object_acl("allowed/x")),
    ("oss:PutObjectAcl", lambda b: b.put_object_acl("allowed/x", "default")),
    ("oss:GetObjectTagging", lambda b: b.get_object_tagging("allowed/x")),
    (
        "oss:PutObjectTagging",
        lambda b: b.put_object_tagging("allowed/x", Tagging(TaggingRule())),
    ),
    ("oss:DeleteObjectTagging", lambda b: b.delete_object_tagging("allowed/x")),
]


@pytest.mark.parametrize(("action", "call"), NEEDED)
def test_each_call_needs_its_action_and_no_other(
    oss: OssService, action: str, call: Callable[[Any], Any]
) -> None:
    """Allowed alone it works; denied, with everything else allowed, it does not."""
    call(oss.bucket(oss.temporary(policy(allowing(action)))))
    denied = policy(*EVERYTHING["Statement"], allowing(action, effect="Deny"))
    with pytest.raises(oss2.exceptions.AccessDenied) as error:
        call(oss.bucket(oss.temporary(denied)))
    assert action in error.value.message


def test_ending_an_upload_needs_its_own_actions(oss: OssService) -> None:
    """Abort and ListParts are not PutObject."""
    upload_id = oss.bucket().init_multipart_upload("allowed/mp").upload_id
    writer = oss.bucket(oss.temporary(policy(allowing("oss:PutObject"))))
    for attempt in (writer.abort_multipart_upload, writer.list_parts):
        with pytest.raises(oss2.exceptions.AccessDenied):
            attempt("allowed/mp", upload_id)
    ender = policy(allowing("oss:AbortMultipartUpload", "oss:ListParts"))
    bucket = oss.bucket(oss.temporary(ender))
    bucket.list_parts("allowed/mp", upload_id)
    bucket.abort_multipart_upload("allowed/mp", upload_id)


def test_resources_are_keys_and_buckets(oss: OssService) -> None:
    """What is allowed under a prefix is refused outside of it, and for the bucket."""
    statement = allowing("oss:GetObject", "oss:ListObjects", resource=OBJECT)
    bucket = oss.bucket(oss.temporary(policy(statement)))
    assert bucket.get_object("allowed/x").read() == b"x"
    for attempt in (lambda: bucket.get_object("other/x"), bucket.list_objects):
        with pytest.raises(oss2.exceptions.AccessDenied):
            attempt()
    statement = allowing("oss:ListObjects", resource=BUCKET)
    assert oss.bucket(oss.temporary(policy(statement))).list_objects().object_list


def test_a_signed_url_can_do_no_more_than_its_signer(oss: OssService) -> None:
    """The policy travels with the URL."""
    bucket = oss.bucket(oss.temporary(policy(allowing("oss:GetObject", resource=OBJECT))))
    assert oss.http("GET", bucket.sign_url("GET", "allowed/x", 60)).status_code == 200
    assert oss.http("GET", bucket.sign_url("GET", "other/x", 60)).status_code == 403
    assert oss.http("PUT", bucket.sign_url("PUT", "allowed/x", 60), data=b"").status_code == 403


def test_a_copy_needs_to_read_its_source(oss: OssService) -> None:
    """PutObject on the target is half of it."""
    name = oss.config.bucket
    writer = allowing("oss:PutObject")
    bucket = oss.bucket(oss.temporary(policy(writer)))
    upload_id = bucket.init_multipart_upload("allowed/mp").upload_id
    with pytest.raises(oss2.exceptions.AccessDenied):
        bucket.copy_object(name, "other/x", "allowed/copy")
    with pytest.raises(oss2.exceptions.AccessDenied):
        bucket.upload_part_copy(name, "other/x", None, "allowed/mp", upload_id, 1)
    reader = allowing("oss:GetObject", resource="acs:oss:*:*:ossferry-local/other/*")
    bucket = oss.bucket(oss.temporary(policy(writer, reader)))
    bucket.copy_object(name, "other/x", "allowed/copy")
    bucket.upload_part_copy(name, "other/x", None, "allowed/mp", upload_id, 1)


def test_tags_in_a_header_need_the_tagging_action(oss: OssService) -> None:
    """Also when they come along with an object."""
    bucket = oss.bucket(oss.temporary(policy(allowing("oss:PutObject"))))
    with pytest.raises(oss2.exceptions.AccessDenied):
        bucket.put_object("allowed/tagged", b"x", headers={"x-oss-tagging": "a=b"})


def test_a_multi_delete_is_refused_whole(oss: OssService) -> None:
    """One key that may not be deleted, and none is."""
    statement = allowing("oss:DeleteObject", resource=OBJECT)
    bucket = oss.bucket(oss.temporary(policy(statement)))
    with pytest.raises(oss2.exceptions.AccessDenied):
        bucket.batch_delete_objects(["allowed/x", "other/x"])
    assert oss.bucket().object_exists("allowed/x")


def test_a_policy_that_cannot_be_judged_refuses_everything(oss: OssService) -> None:
    """A condition is not skipped."""
    statement = {**allowing("oss:*"), "Condition": {"Bool": {"acs:SecureTransport": "true"}}}
    with pytest.raises(oss2.exceptions.AccessDenied) as error:
        oss.bucket(oss.temporary(policy(statement))).get_object("allowed/x")
    assert "Condition" in error.value.message


def listing(prefixes: str | list[str], operator: str = "StringLike", key: str = PREFIX) -> Any:
    return {**allowing("oss:ListObjects"), "Condition": {operator: {key: prefixes}}}


def test_listing_can_be_limited_to_a_prefix(oss: OssService) -> None:
    """A listing of more than the prefix, or of everything, is refused."""
    bucket = oss.bucket(oss.temporary(policy(listing("allowed/*"))))
    assert bucket.list_objects(prefix="allowed/").object_list
    assert bucket.list_objects_v2(prefix="allowed/x").object_list
    for prefix in ("", "allow", "other/"):
        with pytest.raises(oss2.exceptions.AccessDenied):
            bucket.list_objects(prefix=prefix)


@pytest.mark.parametrize(
    ("condition", "prefix", "expected"),
    [
        (listing("a/*"), "a/b", True),
        (listing("A/*"), "a/b", False),
        (listing(["x", "a/?"]), "a/b", True),
        (listing("a/b", "StringEquals"), "a/b", True),
        (listing("a/*", "StringEquals"), "a/b", False),
        (listing("*"), None, False),
        (allowing("oss:ListObjects"), None, True),
    ],
)
def test_conditions_are_met_by_what_the_request_has(
    condition: Any, prefix: str | None, expected: bool
) -> None:
    """By any of the values; what the request says nothing of is not met by anything."""
    request = {} if prefix is None else {PREFIX: prefix}
    assert allows(policy(condition), "oss:ListObjects", ACCOUNT, request) is expected


ACCOUNT = "acs:oss:oss-cn-hangzhou:123:bucket"


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ("*", True),
        ("acs:oss:*:*:*", True),
        ("acs:oss:*:*:bucket/*", True),
        ("acs:oss:*:123:bucket/a/?.txt", True),
        ("acs:oss:oss-cn-hangzhou:123:bucket/a/b.txt", True),
        ("acs:oss:*:*:bucket", False),
        ("acs:oss:*:*:bucket/A/*", False),
        ("acs:oss:*:124:bucket/*", False),
        ("acs:oss:*:*:bucket/a/[b].txt", False),
        ("acs:oss:*:*:bucket/a", False),
    ],
)
def test_wildcards_in_resources(resource: str, expected: bool) -> None:
    """``*`` is any text, ``?`` one character, everything else itself, case included."""
    for each in (resource, ["nothing", resource]):
        document = policy({"Effect": "Allow", "Action": "oss:Get*", "Resource": each})
        assert allows(document, "oss:GetObject", f"{ACCOUNT}/a/b.txt") is expected
        assert not allows(document, "oss:PutObject", f"{ACCOUNT}/a/b.txt")


def test_a_deny_wins_in_any_order() -> None:
    """And nothing is allowed by silence."""
    allow, deny = allowing("*"), allowing("oss:Put*", effect="Deny")
    for statements in ([allow, deny], [deny, allow]):
        assert not allows(policy(*statements), "oss:PutObject", ACCOUNT)
        assert allows(policy(*statements), "oss:GetObject", ACCOUNT)
    assert not allows(policy(), "oss:GetObject", ACCOUNT)
    assert allows({"Version": "1", "Statement": allow}, "oss:GetObject", ACCOUNT)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"Version": "2012-10-17", "Statement": []},
        {"Version": "1"},
        {"Version": "1", "Statement": "Allow"},
        policy({"Effect": "allow", "Action": "*", "Resource": "*"}),
        policy({"Effect": "Allow", "Action": "*"}),
        policy({"Effect": "Allow", "Action": 1, "Resource": "*"}),
        policy({"Effect": "Allow", "NotAction": "*", "Resource": "*"}),
        policy({"Effect": "Allow", "Action": "*", "Resource": [1]}),
        policy({"Effect": "Deny", "Action": "none", "Resource": "none", "Principal": "*"}),
        policy({**allowing("none"), "Condition": "none"}),
        policy({**allowing("none"), "Condition": {"StringLike": [PREFIX]}}),
        policy(listing("x", "StringNotLike")),
        policy(listing("x", key="oss:Delimiter")),
    ],
)
def test_policies_that_are_not_understood_are_errors(document: dict[str, Any]) -> None:
    """Loudly, also when the odd statement would not have matched."""
    with pytest.raises(UnsupportedPolicy):
        allows(document, "oss:GetObject", ACCOUNT)


@given(text=st.text("ab*?[].", max_size=8))
def test_every_text_matches_itself_and_the_star(text: str) -> None:
    """Patterns without wildcards are equality; a star matches everything."""
    for pattern in ("*", "".join("?" for _ in text), text):
        assert allows(policy(allowing("*", resource=pattern)), "x", text)
    plain = text.replace("*", "").replace("?", "")
    assert not allows(policy(allowing("*", resource=plain)), "x", plain + "x")
