"""The aliases of Serverless Devs: those of access.yaml, and the one that an s.yaml names."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from .files import text_of, warnings_of
from .found import Broken, Candidate, Credentials, CredentialsError, Nothing, Offer
from .obfuscated import plain

_ENVIRONMENT = "_serverless_devs_key"
_NAMES = ("access.yaml", "access.yml")
_PROVIDERS = ("", "Alibaba Cloud", "alibaba")


class Aliases(NamedTuple):
    """``path`` is None if all come from the environment."""

    path: Path | None
    by_name: Mapping[str, Mapping[str, str]]

    def __repr__(self) -> str:
        return f"Aliases({self.path})"

    @property
    def default(self) -> str | None:
        """The one that is marked, else the one that is called so."""
        for name, fields in self.by_name.items():
            if plain(fields.get("__default", "")).lower() == "true":
                return name
        return "default" if "default" in self.by_name else None


def read(home: Path, environ: Mapping[str, str]) -> Aliases:
    """All aliases there are; ``CredentialsError`` if the file makes no sense."""
    folder = _folder(home, environ)
    in_environment = _of_environment(environ)
    for name in _NAMES:
        text = text_of(folder / name)
        if text is None:
            continue
        document = _mapping(text)
        if document is None:
            raise CredentialsError(
                f"{folder / name} is no YAML with aliases: correct it, or write it anew by"
                " s config add"
            )
        found = {
            alias: {key: text for key, text in fields.items() if isinstance(text, str)}
            for alias, fields in document.items()
            if isinstance(fields, dict)
        }
        return Aliases(folder / name, {**found, **in_environment})
    return Aliases(None, in_environment)


def named_by_project(folder: Path) -> tuple[str, Path] | None:
    """The alias that ``access:`` of the nearest s.yaml names, and that file; None if none does."""
    for each in (folder, *folder.parents):
        for name in ("s.yaml", "s.yml"):
            try:
                text = text_of(each / name)
            except CredentialsError:
                return None
            if text is not None:
                alias = (_mapping(text) or {}).get("access")
                usable = isinstance(alias, str) and alias and not re.search(r"[${}]", alias)
                return (str(alias), each / name) if usable else None
    return None


def offer(aliases: Aliases, name: str) -> Offer:
    """What the alias of this name is good for."""
    fields = aliases.by_name.get(name)
    if fields is None:
        return Nothing(f"Serverless Devs has no alias {name!r}")
    source = f"alias {name!r} of Serverless Devs"
    provider = plain(fields.get("__provider", ""))
    if provider not in _PROVIDERS:
        return Nothing(f"{source} is one of another provider")
    known = ("AccountID", "AccessKeyID", "AccessKeySecret", "SecurityToken")
    values = {each: plain(fields[each]).strip() for each in known if fields.get(each)}
    key, secret = values.get("AccessKeyID"), values.get("AccessKeySecret")
    if not key and not secret:
        return Nothing(f"{source} has no keys")
    if not key or not secret:
        return Broken(f"{source} lacks a part of its keys: run s config add --access {name}")
    keys = Credentials(key, secret, values.get("SecurityToken"), source, values.get("AccountID"))
    warnings = warnings_of(aliases.path) if aliases.path else ()
    return Candidate(source, lambda: keys, warnings)


def _folder(home: Path, environ: Mapping[str, str]) -> Path:
    """Where it keeps its files, which a variable and a file of its own may move."""
    moved = environ.get("serverless_devs_config_home")
    folder = (Path(moved) if moved else home) / ".s"
    text = text_of(folder / "config" / "s.json")
    try:
        document = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return folder
    workspace = document.get("workspace") if isinstance(document, dict) else None
    return Path(workspace) if isinstance(workspace, str) and workspace else folder


def _of_environment(environ: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Aliases as JSON, each in a variable that is called like it."""
    found = {}
    for name, value in environ.items():
        if name.endswith(_ENVIRONMENT) and name != _ENVIRONMENT and value:
            try:
                document = json.loads(value)
            except (ValueError, RecursionError):
                continue
            if isinstance(document, dict):
                alias = name.removesuffix(_ENVIRONMENT)
                found[alias] = {str(key): str(text) for key, text in document.items()}
    return found


def _mapping(text: str) -> dict[str, Any] | None:
    """All scalars as texts: an account's id is no number. Nothing of the text in any error."""
    import yaml

    try:
        document = yaml.load(text, yaml.BaseLoader)  # noqa: S506 - it makes nothing but texts
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    if document in ("", None):
        return {}
    return document if isinstance(document, dict) else None
