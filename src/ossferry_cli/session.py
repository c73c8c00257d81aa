"""How signed requests travel: to whom they are for, and with no credentials but their own."""

from __future__ import annotations

import requests


def guarded(session: requests.Session, *, proxies: bool) -> requests.Session:
    """The session, which follows no redirect, because a signature and a token are for one host, and
    takes nothing out of a netrc file. ``proxies``: those of the environment are used."""
    session.trust_env = proxies
    session.auth = lambda request: request
    session.get_redirect_target = lambda resp: None  # type: ignore[method-assign]
    return session
