"""Keys of other clouds and roles of other accounts: each sentence that the function says of them,
and what it would not say."""

from __future__ import annotations

import pytest

from ossferry.errors import InvalidSettings
from ossferry.settings import Settings
from ossferry_cli.doctor.clients import BucketInfo, CallRefused
from ossferry_cli.doctor.examine import Wanted, examine
from ossferry_cli.doctor.variables import about_variables
from tests.cli.doctor.deployments import Recorded

KEYS = {
    "OSSFERRY_CREDENTIALS_AWS": "AKID:C4n4ry",
    "OSSFERRY_BUCKETS_AWS": "s3://media us-east-1, s3://logs-*",
}
ROLE = {
    "OSSFERRY_ASSUME_ROLE_THEIRS": "acs:ram::9876543210987654:role/ossferry",
    "OSSFERRY_BUCKETS_THEIRS": "oss://theirs cn-beijing",
}


def texts(clients: Recorded, about: str) -> list[str]:
    found = list(examine(clients, Wanted(), lambda: 1000.0))
    assert "C4n4ry" not in repr(found)
    return [each.text for each in found if each.about == about]


def test_what_is_right_is_told(clients: Recorded) -> None:
    """By name, with the buckets; no key."""
    clients.set_variables(**KEYS, **ROLE)
    assert clients.wrong() == []
    assert texts(clients, "clouds") == [
        "OSSFERRY_CREDENTIALS_AWS is for s3://media us-east-1, s3://logs-*"
    ]
    assert texts(clients, "accounts") == [
        "OSSFERRY_ASSUME_ROLE_THEIRS is for oss://theirs cn-beijing"
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"OSSFERRY_CREDENTIALS_AWS": "C4n4ry"},
        {"OSSFERRY_CREDENTIALS_AWS": "id:C4n4ry:token:tomorrow"},
        {"OSSFERRY_BUCKETS_NOBODY": "s3://media"},
        {"OSSFERRY_BUCKETS_NOBODY": "oss://media"},
        {"OSSFERRY_BUCKETS_AWS": "media"},
        {"OSSFERRY_BUCKETS_AWS": "oss://media"},
        {"OSSFERRY_ASSUME_ROLE_THEIRS": "ossferry"},
        {"OSSFERRY_ASSUME_ROLE_AWS": ROLE["OSSFERRY_ASSUME_ROLE_THEIRS"]},
        {"OSSFERRY_BUCKETS_THEIRS": "s3://media"},
    ],
)
def test_what_is_wrong_is_said_as_the_function_does(
    clients: Recorded, wrong: dict[str, str]
) -> None:
    """And nothing else is found wrong."""
    environment = {**KEYS, **ROLE, **wrong}
    clients.set_variables(**environment)
    with pytest.raises(InvalidSettings) as refused:
        Settings.from_env(environment)
    assert clients.wrong() == [("problem", "variables", refused.value.message)]
    assert "C4n4ry" not in repr(clients.wrong())


def test_all_that_is_wrong_is_said(clients: Recorded) -> None:
    """Where the function says only the first; what is right beside it is still looked at."""
    clients.set_variables(
        OSSFERRY_CREDENTIALS_A="x", OSSFERRY_ASSUME_ROLE_B="y", OSSFERRY_STREAMS="z", **KEYS
    )
    assert [each[:2] for each in clients.wrong()] == [("problem", "variables")] * 3
    assert len(texts(clients, "clouds")) == 1


@pytest.mark.parametrize(
    ("name", "about"),
    [("OSSFERRY_CREDENTIALS_AWS", "clouds"), ("OSSFERRY_ASSUME_ROLE_T", "accounts")],
)
def test_what_is_bound_to_no_bucket(clients: Recorded, name: str, about: str) -> None:
    """It is used for nothing."""
    value = KEYS.get(name, ROLE["OSSFERRY_ASSUME_ROLE_THEIRS"])
    clients.set_variables(**{name: value})
    said = f"{name} is used for nothing: no bucket is named with it"
    assert clients.wrong() == [("warning", about, said)]


@pytest.mark.parametrize(
    ("ends", "level", "words"),
    [
        ("1970-01-01T00:00:00Z", "problem", "the keys have ended"),
        ("1970-01-01T00:30:00Z", "warning", "the keys end within an hour"),
        ("1970-01-02T00:00:00Z", None, ""),
    ],
)
def test_keys_that_end(clients: Recorded, ends: str, level: str | None, words: str) -> None:
    """If the settings say when."""
    clients.set_variables(**{**KEYS, "OSSFERRY_CREDENTIALS_AWS": f"AKID:C4n4ry:C4n4ry:{ends}"})
    found = clients.wrong()
    assert [each[:2] for each in found] == ([] if level is None else [(level, "clouds")])
    assert all(words in each[2] and ends in each[2] for each in found)
    assert "C4n4ry" not in repr(found)


def test_a_bucket_of_another_account(clients: Recorded) -> None:
    """Who may not look at it here is not told to; the function tries with the role, where it is."""
    clients.set_variables(
        **ROLE, OSSFERRY_TARGET_BUCKET="theirs", OSSFERRY_TARGET_REGION="cn-beijing"
    )
    clients.bucket = CallRefused(403, "AccessDenied")
    assert texts(clients, "bucket theirs") == [
        f"it is another account's, opened with {ROLE['OSSFERRY_ASSUME_ROLE_THEIRS']}"
    ]
    assert {each["target_region"] for each in clients.events} == {"cn-beijing"}
    clients.bucket = BucketInfo("cn-beijing")
    assert any(each.startswith("it is there") for each in texts(clients, "bucket theirs"))


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("OSSFERRY_CREDENTIAL_AWS", "OSSFERRY_CREDENTIALS_AWS"),
        ("OSSFERRY_BUCKET_MY_MEDIA", "OSSFERRY_BUCKETS_MY_MEDIA"),
        ("OSSFERRY_ASSUMEROLE_X", "OSSFERRY_ASSUME_ROLE_X"),
        ("ossferry_buckets_x", "OSSFERRY_BUCKETS_X"),
        ("OSSFERRY_BUCKETS_", "OSSFERRY_BUCKETS_<NAME>"),
        ("OSSFERRY_STREAM", "OSSFERRY_STREAMS"),
        ("OSSFERRY_CA_FILES", "OSSFERRY_CA_FILE"),
    ],
)
def test_a_name_that_is_misspelt(name: str, meant: str) -> None:
    """What it begins with is told, and goes on as it did."""
    found = list(about_variables({name: "C4n4ry", "OSSFERRY_TARGET_BUCKET": "bbb"}))
    assert found[-1].level == "problem"
    assert found[-1].remedy == f"name it {meant}, if that is meant"
    assert "C4n4ry" not in repr(found)


def test_a_field_is_no_variable() -> None:
    """What the settings make of others has no variable of its own."""
    found = list(about_variables({"OSSFERRY_FOREIGN": "x", "OSSFERRY_TARGET_BUCKET": "bbb"}))
    assert found[0].text == "set are OSSFERRY_TARGET_BUCKET"
    assert found[1].text.startswith("OSSFERRY_FOREIGN means nothing to ossferry")
