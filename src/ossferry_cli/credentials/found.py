"""Keys as a value that shows no secret, what was found beside them, and the one error."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ..problems import Problem

ORDER = (
    "--profile, the environment (ALIBABA_CLOUD_*, then OSS_*, then AccountID,"
    " AccessKeyID and AccessKeySecret), the profile of Alibaba Cloud CLI, the alias of Serverless"
    " Devs, the file of ossutil"
)


class CredentialsError(Problem):
    """No keys, or none that can be used."""


def shown(access_key_id: str) -> str:
    """Enough of a key's id to tell it from others."""
    return f"...{access_key_id[-4:]}" if len(access_key_id) > 8 else "..."


class Credentials:
    """``source`` says where they lie, in words. ``account_id`` and ``region`` are ``None`` where
    the store does not say them. No text that is made of it holds a secret."""

    __slots__ = (
        "access_key_id",
        "access_key_secret",
        "account_id",
        "region",
        "security_token",
        "source",
    )

    def __init__(
        self,
        access_key_id: str,
        access_key_secret: str,
        security_token: str | None = None,
        source: str = "",
        account_id: str | None = None,
        region: str | None = None,
    ) -> None:
        self.access_key_id = access_key_id
        self.access_key_secret = access_key_secret
        self.security_token = security_token or None
        self.source = source
        self.account_id = account_id or None
        self.region = (region or "").removeprefix("oss-") or None

    def __repr__(self) -> str:
        token = ", with a security token" if self.security_token else ""
        return f"<Credentials {shown(self.access_key_id)}{token} of {self.source}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Credentials) and all(
            getattr(self, name) == getattr(other, name) for name in self.__slots__
        )

    def __hash__(self) -> int:
        return hash((self.access_key_id, self.access_key_secret, self.security_token))

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("credentials are not written down: find them anew")


class Found(NamedTuple):
    """What won, what else was there and is ignored, and what is wrong with the file that won."""

    credentials: Credentials
    passed_over: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def __str__(self) -> str:
        keys = self.credentials
        return f"{keys.source}, key {shown(keys.access_key_id)}"


class Candidate(NamedTuple):
    """Keys that one store has, or says how to get: ``obtain`` may ask somebody for them, and
    raises ``CredentialsError``. ``warnings`` are of its file."""

    source: str
    obtain: Callable[[], Credentials]
    warnings: tuple[str, ...] = ()


class Nothing(NamedTuple):
    """A store that is there and has no keys to use; ``reason`` is a sentence without its end."""

    reason: str


class Broken(NamedTuple):
    """A store that should have keys, and in which they cannot be read: an error at its turn."""

    reason: str


Offer = Candidate | Nothing | Broken
