"""Temporary credentials: sealed, self-contained, bound to their key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.localcloud.credentials import InvalidToken, issue, read

ROOT = "root-secret"
POLICY = {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@pytest.mark.parametrize("policy", [None, POLICY])
def test_token_says_all_that_was_issued(policy: dict[str, object] | None) -> None:
    """Whoever knows the root secret needs nothing else to verify them."""
    given_out = issue(ROOT, policy, 1234.5)
    grant = read(ROOT, given_out.security_token, given_out.access_key_id)
    assert (grant.access_key_secret, grant.expires, grant.policy) == (
        given_out.access_key_secret,
        1234.5,
        policy,
    )


@given(position=st.integers(min_value=0), replacement=st.characters(codec="latin-1"))
def test_no_altered_token_is_valid(position: int, replacement: str) -> None:
    """Changing any character invalidates the token, or changes nothing that it says."""
    mine = issue(ROOT, POLICY, 1.0)
    at = position % len(mine.security_token)
    altered = mine.security_token[:at] + replacement + mine.security_token[at + 1 :]
    if altered == mine.security_token:
        return
    try:
        grant = read(ROOT, altered, mine.access_key_id)
    except InvalidToken:
        return
    # The last characters of base64 may carry bits that mean nothing.
    assert grant == read(ROOT, mine.security_token, mine.access_key_id)


def test_token_is_bound_to_its_key_and_its_cloud() -> None:
    """Neither another key nor another cloud can use it."""
    mine, other = issue(ROOT, None, 1.0), issue(ROOT, None, 1.0)
    assert mine.access_key_id != other.access_key_id
    with pytest.raises(InvalidToken):
        read(ROOT, mine.security_token, other.access_key_id)
    with pytest.raises(InvalidToken):
        read("another", mine.security_token, mine.access_key_id)


def test_secrets_do_not_show_in_a_representation() -> None:
    """Printing credentials or a grant by mistake reveals nothing."""
    mine = issue(ROOT, None, 1.0)
    shown = repr(mine) + repr(read(ROOT, mine.security_token, mine.access_key_id))
    assert mine.access_key_secret not in shown
    assert mine.security_token not in shown
