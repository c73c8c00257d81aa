"""The file of ossutil, ~/.ossutilconfig, as its versions 1 and 2 write it."""

from __future__ import annotations

import configparser
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from .files import text_of, warnings_of
from .found import Broken, Candidate, Credentials, CredentialsError, Nothing, Offer

CONFIG = ".ossutilconfig"


class Sections(NamedTuple):
    """Names of options without case, ``-`` and ``_``, as ossutil compares them."""

    path: Path
    by_name: Mapping[str, Mapping[str, str]]

    def __repr__(self) -> str:
        return f"Sections({self.path})"

    @property
    def default(self) -> str | None:
        return next((name for name in ("default", "credentials") if name in self.by_name), None)


def read(home: Path, environ: Mapping[str, str]) -> Sections | None:
    """``None`` if there is no file; ``CredentialsError`` if it makes no sense."""
    named = environ.get("OSSUTIL_CONFIG_FILE")
    path = Path(named).expanduser() if named else home / CONFIG
    text = text_of(path)
    if text is None:
        return None
    # No section gives its options to all others, and % is a character.
    parser = configparser.RawConfigParser(
        default_section="\0", strict=False, allow_no_value=True, comment_prefixes=("#", ";")
    )
    parser.optionxform = lambda option: option.lower().replace("-", "").replace("_", "")  # type: ignore[assignment,method-assign]
    try:
        parser.read_string(text)
    except configparser.Error:
        # Its text quotes the line.
        raise CredentialsError(
            f"{path} is no file of ossutil: correct it, or run ossutil config"
        ) from None
    sections = {
        _section(name): {option: (value or "").strip("\"' ") for option, value in section.items()}
        for name, section in parser.items()
        if name != "\0"
    }
    return Sections(path, sections)


def offer(sections: Sections, name: str) -> Offer:
    """What the profile of this name is good for; of version 1 there is one."""
    options = sections.by_name.get(name)
    if options is None:
        return Nothing(f"{sections.path} has no profile {name!r}")
    source = f"profile {name!r} of ossutil" if name != "credentials" else "the file of ossutil"
    mode = options.get("mode", "AK").lower()
    key, secret = options.get("accesskeyid"), options.get("accesskeysecret")
    if mode not in ("", "ak", "ststoken") or options.get("ramrolearn") or options.get("rolearn"):
        return Nothing(f"{source} assumes a role, which ossferry does by profiles of the CLI only")
    if not key and not secret:
        return Nothing(f"{source} has no keys")
    if not key or not secret:
        return Broken(f"{source} lacks a part of its keys: run ossutil config")
    token = options.get("ststoken") or options.get("securitytoken")
    keys = Credentials(key, secret, token, source, region=options.get("region"))
    return Candidate(source, lambda: keys, warnings_of(sections.path))


def _section(name: str) -> str:
    words = name.lower().split(maxsplit=1)
    if words[:1] == ["profile"] and len(words) == 2:
        return name.split(maxsplit=1)[1].strip()
    return name.lower() if name.lower() in ("default", "credentials") else f"[{name}]"
