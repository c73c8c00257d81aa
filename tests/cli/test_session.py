"""Signed requests go where they are for, with no other credentials than their own."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from ossferry_cli.session import guarded
from tests.peers.scripted import Reply, answer, in_turn, scripted


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(status: int) -> None:
    """A token would go with it."""
    with scripted(in_turn()) as other:
        to_other = Reply(answer(status, Location=f"{other.url}/"))
        with scripted(in_turn(to_other)) as server, requests.Session() as session:
            headers = {"x-acs-security-token": "t"}
            reply = guarded(session, proxies=False).get(server.url, headers=headers)
        assert reply.status_code == status
        assert other.requests == []


def test_a_netrc_file_is_left_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its password is nobody's here, and would take the place of the signature."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password s3cret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    script = in_turn(rest=Reply(answer(200)))
    with scripted(script) as server, requests.Session() as session:
        session.get(server.url, headers={"Authorization": "ours"})
        guarded(session, proxies=True).get(server.url, headers={"Authorization": "ours"})
        theirs, ours = (each.headers["authorization"] for each in server.requests)
    assert (theirs != "ours", ours) == (True, "ours")
