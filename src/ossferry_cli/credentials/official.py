"""Keys that have to be asked for, by Alibaba Cloud's own package for it.

It is imported only here and only then: that takes a quarter of a second. What it raises may quote
answers that hold secrets, and what it logs too, so neither gets out; codes do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .found import Credentials, CredentialsError

_CODE = re.compile(r"""["']?Code["']?\s*[:=]\s*["']?([A-Za-z][\w.]{2,80})""")
_STATUS = re.compile(r"http[_ ]code['\"]?[=:]\s*(\d{3})")


def by_role(
    keys: Callable[[], Credentials],
    asked: Mapping[str, Any],
    source: str,
    region: str | None,
) -> Credentials:
    """Keys of a role that other keys may assume: STS AssumeRole."""
    own = keys()

    def provider() -> Any:
        from alibabacloud_credentials.provider.ram_role_arn import RamRoleArnCredentialsProvider

        return RamRoleArnCredentialsProvider(
            access_key_id=own.access_key_id,
            access_key_secret=own.access_key_secret,
            security_token=own.security_token,
            **asked,
        )

    return _obtained(provider, source, region)


def by_oidc(asked: Mapping[str, str], source: str, region: str | None) -> Credentials:
    """Keys of a role, for a token that somebody else vouches for."""
    token = Path(asked["oidc_token_file_path"])
    if not token.is_file():
        raise CredentialsError(
            f"{source} names a token in {token}, which is no file: correct it, or name a profile"
            " with --profile"
        )

    def provider() -> Any:
        from alibabacloud_credentials.provider.oidc import OIDCRoleArnCredentialsProvider

        return OIDCRoleArnCredentialsProvider(**asked)

    return _obtained(provider, source, region)


def by_uri(uri: str, source: str, region: str | None) -> Credentials:
    """Keys that a URL answers with."""

    def provider() -> Any:
        from alibabacloud_credentials.provider.uri import URLCredentialsProvider

        return URLCredentialsProvider(uri=uri)

    return _obtained(provider, source, region)


def by_ecs(role: str | None, source: str, region: str | None) -> Credentials:
    """Keys of the role of the machine, which its metadata service has."""

    def provider() -> Any:
        from alibabacloud_credentials.provider.ecs_ram_role import EcsRamRoleCredentialsProvider

        # Otherwise a thread refreshes them, and holds the command up when it ends.
        return EcsRamRoleCredentialsProvider(role_name=role, async_update_enabled=False)

    return _obtained(provider, source, region)


def by_cli(path: Path, profile: str, source: str, region: str | None, advice: str) -> Credentials:
    """Keys of a mode that renews tokens in the file itself, under a lock."""

    def provider() -> Any:
        from alibabacloud_credentials.provider.cli_profile import CLIProfileCredentialsProvider

        return CLIProfileCredentialsProvider(profile_name=profile, profile_file=str(path))

    return _obtained(provider, source, region, advice)


def _obtained(
    provider: Callable[[], Any],
    source: str,
    region: str | None,
    advice: str = "look at what the store says, or name another profile with --profile",
) -> Credentials:
    _quiet()
    try:
        got = provider().get_credentials()
        key, secret = got.get_access_key_id(), got.get_access_key_secret()
        token = got.get_security_token()
    except Exception as error:
        raise CredentialsError(
            f"{source} did not give any keys ({_told(error)}): {advice}"
        ) from None
    if not key or not secret:
        raise CredentialsError(f"{source} gave no keys: {advice}")
    return Credentials(key, secret, token, source, region=region)


def _quiet() -> None:
    """The package has a handler of its own, which prints tracebacks."""
    import logging

    logging.getLogger("credentials").disabled = True


def _told(error: BaseException) -> str:
    """What is safe to say of an error: never its text."""
    text = str(error)
    words = [type(error).__name__]
    if status := _STATUS.search(text):
        words.append(f"status {status[1]}")
    if code := _CODE.search(text):
        words.append(code[1])
    return ", ".join(words)
