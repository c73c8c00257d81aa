"""The profiles of Alibaba Cloud CLI, ~/.aliyun/config.json. Read, never written by this file.

Keys that the file holds are taken as they are. How to get others is said by a mode; what the
official package knows is left to it, and every other mode is a sentence.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from .files import text_of, warnings_of
from .found import Broken, Candidate, Credentials, CredentialsError, Nothing, Offer
from .official import by_cli, by_ecs, by_oidc, by_role, by_uri

CONFIG = Path(".aliyun", "config.json")

_RENEWED = {"cloudsso": "CloudSSO", "oauth": "OAuth", "external": "External"}
_NOT_USABLE = {
    "bearertoken": "a bearer token, which Function Compute and OSS do not take",
    "anonymous": "no keys at all",
    "rsakeypair": "a key pair, which is no longer supported",
    "ramrolearnwithrolename": "a chain by way of an ECS role, which is no longer supported",
}


class Profiles(NamedTuple):
    path: Path
    current: str
    by_name: Mapping[str, Mapping[str, Any]]

    def __repr__(self) -> str:
        return f"Profiles({self.path})"


def read(home: Path) -> Profiles | None:
    """``None`` if there is no file; ``CredentialsError`` if it makes no sense."""
    path = home / CONFIG
    text = text_of(path)
    if text is None:
        return None
    try:
        document = json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError) as error:
        where = f" in line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise CredentialsError(
            f"{path} is no JSON{where}: correct it, or run aliyun configure"
        ) from None
    listed = document.get("profiles") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(listed or [], list):
        raise CredentialsError(f"{path} has no list of profiles: run aliyun configure")
    named = {
        str(each["name"]): each
        for each in listed or []
        if isinstance(each, dict) and each.get("name")
    }
    return Profiles(path, _text(document, "current") or "default", named)


def offer(profiles: Profiles, name: str) -> Offer:
    """What the profile of this name is good for."""
    profile = profiles.by_name.get(name)
    if profile is None:
        return Nothing(f"Alibaba Cloud CLI has no profile {name!r}")
    source = f"profile {name!r} of Alibaba Cloud CLI"
    try:
        obtain = _way(profiles, profile, source)
    except CredentialsError as error:
        return Broken(str(error))
    if obtain is None:
        return Nothing(f"{source} has no keys")
    return Candidate(source, obtain, warnings_of(profiles.path))


def _way(
    profiles: Profiles, profile: Mapping[str, Any], source: str, before: tuple[str, ...] = ()
) -> Callable[[], Credentials] | None:
    """How to get its keys; ``before`` are the profiles that lead here."""
    written = _text(profile, "mode")
    mode, region = written.lower() or "ak", _text(profile, "region_id") or None
    if mode in ("ak", "ststoken"):
        return _static(profile, mode, source, region)
    if mode in ("ramrolearn", "chainableramrolearn"):
        return _assumed(profiles, profile, source, before)
    if mode == "ecsramrole":
        role = _text(profile, "ram_role_name") or None
        return lambda: by_ecs(role, source, region)
    if mode == "credentialsuri":
        uri = _needed(profile, "credentials_uri", source)
        return lambda: by_uri(uri, source, region)
    if mode == "oidc":
        asked = {
            "role_arn": _needed(profile, "ram_role_arn", source),
            "oidc_provider_arn": _needed(profile, "oidc_provider_arn", source),
            "oidc_token_file_path": _needed(profile, "oidc_token_file", source),
            "role_session_name": _text(profile, "ram_session_name") or "ossferry",
        }
        return lambda: by_oidc(asked, source, region)
    if mode in _RENEWED:
        return _renewed(profiles, profile, source, written)
    has = _NOT_USABLE.get(mode, f"the mode {written!r}, which ossferry does not know")
    raise CredentialsError(f"{source} has {has}: name another one with --profile")


def _static(
    profile: Mapping[str, Any], mode: str, source: str, region: str | None
) -> Callable[[], Credentials] | None:
    key, secret = _text(profile, "access_key_id"), _text(profile, "access_key_secret")
    token = _text(profile, "sts_token")
    if not key and not secret:
        return None
    if not key or not secret or (mode == "ststoken" and not token):
        raise CredentialsError(
            f"{source} lacks a part of its keys: run aliyun configure --profile {profile['name']}"
        )
    keys = Credentials(key, secret, token if mode == "ststoken" else None, source, region=region)
    return lambda: keys


def _assumed(
    profiles: Profiles, profile: Mapping[str, Any], source: str, before: tuple[str, ...]
) -> Callable[[], Credentials]:
    """A role, by the keys of the profile itself or of the one that it names."""
    region = _text(profile, "region_id") or None
    first: Callable[[], Credentials] | None
    if _text(profile, "mode").lower() == "ramrolearn":
        token = _text(profile, "sts_token")
        first = _static(profile, "ststoken" if token else "ak", source, region)
    else:
        name = _needed(profile, "source_profile", source)
        other = profiles.by_name.get(name)
        path = (*before, str(profile["name"]))
        if other is None or name in path:
            wrong = "leads back to itself" if other else "is not there"
            raise CredentialsError(
                f"{source} assumes its role by the profile {name!r}, which {wrong}: correct"
                f" source_profile in {profiles.path}"
            )
        first = _way(profiles, other, f"profile {name!r} of Alibaba Cloud CLI", path)
    if first is None:
        raise CredentialsError(f"{source} has no keys to assume its role by: run aliyun configure")
    keys = first
    duration = profile.get("expired_seconds")
    asked = {
        "role_arn": _needed(profile, "ram_role_arn", source),
        "role_session_name": _text(profile, "ram_session_name") or "ossferry",
        "duration_seconds": duration if isinstance(duration, int) and duration >= 900 else None,
        "external_id": _text(profile, "external_id") or None,
        "sts_region_id": _text(profile, "sts_region") or None,
    }
    return lambda: by_role(keys, asked, source, region)


def _renewed(
    profiles: Profiles, profile: Mapping[str, Any], source: str, written: str
) -> Callable[[], Credentials]:
    name, region = str(profile["name"]), _text(profile, "region_id") or None
    spelt = _RENEWED[written.lower()]
    if written != spelt:
        raise CredentialsError(f"{source} has the mode {written!r}: write {spelt} for it")
    advice = f"run aliyun sts GetCallerIdentity --profile {name} to see why, or sign in again"
    return lambda: by_cli(profiles.path, name, source, region, advice)


def _needed(profile: Mapping[str, Any], name: str, source: str) -> str:
    text = _text(profile, name)
    if not text:
        raise CredentialsError(f"{source} has no {name}: run aliyun configure, or correct the file")
    return text


def _text(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name)
    return value.strip() if isinstance(value, str) else ""
