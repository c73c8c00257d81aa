"""Each variable that an operator may set, and each refusal."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from ossferry.errors import InvalidSettings
from ossferry.settings import MOST_CHILDREN, MOST_STREAMS, VARIABLES, Settings


def setting(name: str, text: str) -> object:
    found = Settings.from_env({f"OSSFERRY_{name}": text})
    return getattr(found, name.lower())


def test_an_empty_environment_is_the_defaults() -> None:
    """A function works as it is deployed; other people's variables mean nothing."""
    assert Settings.from_env({}) == Settings()
    assert (
        Settings.from_env({"PATH": "/bin", "STREAMS": "3", "ossferry_streams": "3"}) == Settings()
    )


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("TARGET_BUCKET", "archive", "archive"),
        ("TARGET_REGION", "cn-beijing", "cn-beijing"),
        ("TARGET_PREFIX", "in/", "in/"),
        ("OSS_ENDPOINT", "http://127.0.0.1:1", "http://127.0.0.1:1"),
        ("FC_ENDPOINT", "http://127.0.0.1:2", "http://127.0.0.1:2"),
        ("MAX_CHILDREN", "0", 0),
        ("MAX_CHILDREN", str(MOST_CHILDREN), MOST_CHILDREN),
        ("STREAMS", "1", 1),
        ("STREAMS", str(MOST_STREAMS), MOST_STREAMS),
        ("FAN_OUT_FROM", "0", 0),
        ("FAN_OUT_FROM", str(10**12), 10**12),
        ("ALLOW_TARGETS", "archive", ("archive",)),
        ("ALLOW_TARGETS", " archive, logs/in/  x*,", ("archive", "logs/in/", "x*")),
        ("LOG_LEVEL", "debug", "debug"),
        ("ALLOW_NETWORKS", "10.0.0.0/8", (ip_network("10.0.0.0/8"),)),
        (
            "ALLOW_NETWORKS",
            " 10.0.0.0/8 , fd00::/8,127.0.0.1,",
            (ip_network("10.0.0.0/8"), ip_network("fd00::/8"), ip_network("127.0.0.1/32")),
        ),
    ],
)
def test_each_variable_is_read(name: str, text: str, found: object) -> None:
    """As text, as a whole number, or as networks."""
    assert setting(name, text) == found


@pytest.mark.parametrize("name", VARIABLES)
def test_an_empty_value_counts_as_not_set(name: str) -> None:
    """FC cannot store an empty value, and templates pass one for what is left out."""
    assert Settings.from_env({name: ""}) == Settings()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("TARGET_BUCKET", "No_Bucket"),
        ("TARGET_BUCKET", "archive.evil.example/"),
        ("TARGET_REGION", "hangzhou/"),
        ("MAX_CHILDREN", "-1"),
        ("MAX_CHILDREN", str(MOST_CHILDREN + 1)),
        ("MAX_CHILDREN", "many"),
        ("STREAMS", "0"),
        ("STREAMS", str(MOST_STREAMS + 1)),
        ("STREAMS", "1.5"),
        ("STREAMS", "9" * 5000),
        ("FAN_OUT_FROM", "256MB"),
        ("FAN_OUT_FROM", str(2**62 + 1)),
        ("LOG_LEVEL", "INFO"),
        ("ALLOW_NETWORKS", "10.0.0.1/8"),
        ("ALLOW_NETWORKS", "localhost"),
        ("ALLOW_NETWORKS", "10.0.0.0/8;127.0.0.0/8"),
    ],
)
def test_what_makes_no_sense_is_refused_by_the_name_of_its_variable(name: str, text: str) -> None:
    """An operator reads the message in a log, and knows what to correct."""
    with pytest.raises(InvalidSettings, match=f"OSSFERRY_{name}"):
        setting(name, text)


@pytest.mark.parametrize(
    ("patterns", "bucket", "key", "allowed"),
    [
        ("", "anything", "at/all", True),
        ("archive", "archive", "a", True),
        ("archive", "archive2", "a", False),
        ("archive", "other", "archive/a", False),
        ("archive/in/", "archive", "in/a", True),
        ("archive/in/", "archive", "in", False),
        ("archive/in/", "archive", "out/in/a", False),
        ("archive/in", "archive", "input", True),
        ("team-*", "team-a", "a", True),
        ("team-*", "steam-a", "a", False),
        ("archive/*.log", "archive", "deep/a.log", True),
        ("archive/*.log", "archive", "a.txt", False),
        ("one,two/in/", "two", "in/a", True),
        ("one,two/in/", "one", "in/a", True),
        ("one,two/in/", "two", "a", False),
        ("ARCHIVE", "archive", "a", False),
        ("archive/in*/x", "archive", "in/several\nlines/x", True),
        ("archive/in?/", "archive", "in1/a", False),
        ("archive/in?/", "archive", "in?/a", True),
        ("archive/[a-z]/", "archive", "b/a", False),
        ("archive/[a-z]/", "archive", "[a-z]/a", True),
        ("archive/[!b]/", "archive", "a/a", False),
        ("archive/a.b", "archive", "aXb", False),
        ("archive/(", "archive", "(", True),
        ("arch?ve", "archive", "a", False),
        ("[a]rchive", "archive", "a", False),
        ("*/**x", "archive", "deep/x", True),
    ],
)
def test_targets_are_allowed_by_bucket_or_by_prefix(
    patterns: str, bucket: str, key: str, allowed: bool
) -> None:
    """A name without a slash is a whole bucket; with none set, the role alone decides."""
    settings = Settings.from_env({"OSSFERRY_ALLOW_TARGETS": patterns})
    assert settings.allows(bucket, key) == allowed


@pytest.mark.parametrize(
    ("patterns", "bucket", "allowed"),
    [
        ("", "anything", True),
        ("archive", "archive", True),
        ("archive", "archive2", False),
        ("archive/in/", "archive", True),
        ("team-*", "team-a", True),
        ("one,two/in/", "three", False),
        ("arch?ve", "archive", False),
        ("[a]rchive/in/", "archive", False),
    ],
)
def test_a_bucket_is_allowed_with_anything_in_it(patterns: str, bucket: str, allowed: bool) -> None:
    """Our own records stand outside of the prefixes that events may write to."""
    settings = Settings.from_env({"OSSFERRY_ALLOW_TARGETS": patterns})
    assert settings.allows_bucket(bucket) == allowed
