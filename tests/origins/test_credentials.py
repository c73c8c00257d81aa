"""Which keys there are, and that they are used for their buckets alone."""

from __future__ import annotations

import pytest

from ossferry.errors import InvalidEvent, InvalidSettings
from ossferry.names import ObjectName
from ossferry.origins.credentials import Credentials, Entry
from ossferry.origins.place import ForeignName
from ossferry.settings import Settings

MINIO = "https://minio.example.org:9000"
ENV = {
    "OSSFERRY_CREDENTIALS_AWS": "AKID:C4n4ry/secret",
    "OSSFERRY_BUCKETS_AWS": "s3://media us-east-1, s3://logs-* eu-west-1 , s3://my.films x,",
    "OSSFERRY_CREDENTIALS_MINIO": "id:C4n4ry:C4n4ry-token:2026-01-31T12:00:00Z",
    "OSSFERRY_BUCKETS_MINIO": f"s3://* {MINIO}",
    "OSSFERRY_CREDENTIALS_EMPTY": "",
}
FOUND = Credentials.from_env(ENV)


def name(bucket: str, endpoint: str | None = None, store: str = "s3") -> ForeignName:
    return ForeignName(store, bucket, "key", None, endpoint)


def test_settings_have_them_and_show_none() -> None:
    """Not even where all settings are printed."""
    settings = Settings.from_env(ENV)
    assert settings.foreign == FOUND
    assert "C4n4ry" not in repr(settings)
    assert "AKID" not in repr(settings)


def test_keys_are_read() -> None:
    """Temporary ones with their token and their end."""
    assert FOUND.keys.keys() == {"aws", "minio"}
    assert FOUND.keys["aws"][1:] == ("AKID", "C4n4ry/secret", "", None)
    assert FOUND.keys["minio"][1:] == ("id", "C4n4ry", "C4n4ry-token", 1769860800.0)


@pytest.mark.parametrize(
    ("wanted", "chosen", "found"),
    [
        (name("media"), None, "aws"),
        (name("media"), "AWS", "aws"),
        (name("media"), "minio", "minio"),
        (name("logs-2026"), None, "aws"),
        (name("my.films"), None, "aws"),
        (name("media", MINIO), None, "minio"),
        (name("media", "https://elsewhere.example.org"), None, None),
        (name("media", store="cos"), None, None),
    ],
)
def test_a_bucket_has_its_keys(wanted: ForeignName, chosen: str | None, found: str | None) -> None:
    """The first that are good for it there; at an endpoint only those that are set with it."""
    entry = FOUND.entry(wanted, chosen)
    assert (entry and entry.credentials) == found


@pytest.mark.parametrize(
    ("wanted", "chosen", "said"),
    [
        (name("other"), "aws", "not for s3://other: name it in OSSFERRY_BUCKETS_AWS"),
        (name("xlogs-1"), "aws", "not for"),
        (name("media-of-others"), "aws", "not for"),
        (name("my-films"), "aws", "not for"),
        (name("media", "http://mine"), "aws", "not for s3://media at http://mine"),
        (name("media"), "nobody", "set OSSFERRY_CREDENTIALS_NOBODY"),
    ],
)
def test_keys_are_for_nothing_else(wanted: ForeignName, chosen: str, said: str) -> None:
    """Whoever asks for that is told which setting it takes."""
    with pytest.raises(InvalidEvent, match=said):
        FOUND.entry(wanted, chosen)


@pytest.mark.parametrize("text", ["C4n4ry", ":C4n4ry", "C4n4ry:", "id:C4n4ry:token:soon"])
def test_keys_that_make_no_sense_are_not_quoted(text: str) -> None:
    """The setting is named, and how it should be."""
    with pytest.raises(InvalidSettings, match="OSSFERRY_CREDENTIALS_X must be like") as caught:
        Credentials.from_env({"OSSFERRY_CREDENTIALS_X": text})
    assert "C4n4ry" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        *("media", "gs://media", "s3://", "s3://media/key", "s3://media us-east-1 us-west-1"),
        *("s3://media http://a/path", "s3://media UPPER"),
    ],
)
def test_buckets_that_make_no_sense_are_refused(text: str) -> None:
    """By the setting's name."""
    with pytest.raises(InvalidSettings, match="OSSFERRY_BUCKETS_X must be like"):
        Credentials.from_env({"OSSFERRY_CREDENTIALS_X": "a:b", "OSSFERRY_BUCKETS_X": text})


def test_buckets_need_their_keys() -> None:
    """Or the name of one of both is wrong."""
    with pytest.raises(InvalidSettings, match="needs OSSFERRY_CREDENTIALS_X"):
        Credentials.from_env({"OSSFERRY_BUCKETS_X": "s3://media"})


def test_a_slash_behind_a_bucket_means_nothing() -> None:
    """As people write it."""
    env = {"OSSFERRY_CREDENTIALS_X": "a:b", "OSSFERRY_BUCKETS_X": "s3://media/"}
    assert Credentials.from_env(env).entries == (Entry("x", "s3", "media"),)


THEM = "acs:ram::9876543210987654:role/ossferry"
ROLES = {
    **ENV,
    "OSSFERRY_ASSUME_ROLE_THEM": f" {THEM} ",
    "OSSFERRY_BUCKETS_THEM": "oss://their-* oss-cn-beijing, oss://shared",
    "OSSFERRY_ASSUME_ROLE_OTHERS": f"{THEM}-2",
    "OSSFERRY_BUCKETS_OTHERS": "oss://shared",
}
KNOWN = Credentials.from_env(ROLES)


def bucket(bucket: str, region: str = "cn-beijing") -> ObjectName:
    return ObjectName(region, bucket, "key")


@pytest.mark.parametrize(
    ("wanted", "chosen", "role"),
    [
        (bucket("their-films"), None, THEM),
        (bucket("their-films"), "THEM", THEM),
        (bucket("their-films", "cn-hangzhou"), None, None),
        (bucket("shared", "cn-hangzhou"), None, THEM),
        (bucket("shared"), "others", f"{THEM}-2"),
        (bucket("ours"), None, None),
        (bucket("media"), None, None),
    ],
)
def test_a_bucket_of_oss_has_its_role(
    wanted: ObjectName, chosen: str | None, role: str | None
) -> None:
    """In the region that is set with it, if one is; keys of other clouds are for none."""
    assert KNOWN.role(wanted, chosen) == role


@pytest.mark.parametrize(
    ("wanted", "chosen", "said"),
    [
        (bucket("ours"), "them", "not for oss://ours in cn-beijing: name it in OSSFERRY_BUCKETS_T"),
        (bucket("their-films", "cn-hangzhou"), "them", "not for oss://their-films in cn-hangzhou"),
        (bucket("media"), "aws", "not for oss://media"),
        (bucket("ours"), "nobody", "set OSSFERRY_ASSUME_ROLE_NOBODY"),
    ],
)
def test_a_role_is_for_nothing_else(wanted: ObjectName, chosen: str, said: str) -> None:
    """Whatever an event names."""
    with pytest.raises(InvalidEvent, match=said):
        KNOWN.role(wanted, chosen)
    with pytest.raises(InvalidEvent, match="'them' are not for s3://media"):
        KNOWN.entry(name("media"), "them")


def test_a_copy_inside_oss_takes_one_who_may_do_both() -> None:
    """The function's own role, or one and the same."""
    ours, theirs, shared = bucket("ours"), bucket("their-films"), bucket("shared")
    assert KNOWN.same_role(ours, bucket("ours-too"), None)
    assert KNOWN.same_role(theirs, shared, None)
    assert not KNOWN.same_role(ours, theirs, None)
    assert not KNOWN.same_role(theirs, ours, None)
    assert not KNOWN.same_role(shared, theirs, "others")


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"ASSUME_ROLE_X": "role/name"}, "ASSUME_ROLE_X must be like acs:ram::1234567890123456:"),
        ({"ASSUME_ROLE_X": f"{THEM} 900"}, "ASSUME_ROLE_X must be like"),
        ({"ASSUME_ROLE_X": THEM, "CREDENTIALS_X": "a:b"}, "are both set: remove one"),
        ({"ASSUME_ROLE_X": THEM, "BUCKETS_X": "s3://media"}, "a role is for buckets of OSS"),
        ({"ASSUME_ROLE_X": THEM, "BUCKETS_X": "oss://a http://b"}, "must be like oss://bucket"),
        ({"ASSUME_ROLE_X": THEM, "BUCKETS_X": "oss://a/b"}, "must be like oss://bucket"),
        ({"CREDENTIALS_X": "a:b", "BUCKETS_X": "oss://a"}, "set OSSFERRY_ASSUME_ROLE_X"),
        ({"BUCKETS_X": "oss://a"}, "set OSSFERRY_ASSUME_ROLE_X"),
    ],
)
def test_roles_that_make_no_sense_are_refused(env: dict[str, str], said: str) -> None:
    """By the name of the setting."""
    with pytest.raises(InvalidSettings, match=said):
        Credentials.from_env({f"OSSFERRY_{each}": text for each, text in env.items()})
