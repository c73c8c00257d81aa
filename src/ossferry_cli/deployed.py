"""What the s.yaml of the working folder says of a deployment: name, region, bucket, alias.

Only as much of Serverless Devs' expressions as such files use: ``${env('X', 'default')}`` and
``${vars.x}``. Whatever else stands there counts as not said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

_ENV = re.compile(r"\$\{env\(\s*'([^']*)'\s*(?:,\s*'([^']*)'\s*)?\)\}")
_VARS = re.compile(r"\$\{vars\.([A-Za-z0-9_]+)\}")


class Deployed(NamedTuple):
    function: str | None = None
    region: str | None = None
    bucket: str | None = None
    access: str | None = None


def deployed(folder: Path, environ: Mapping[str, str]) -> Deployed:
    """Nothing where there is no such file, or none that can be read."""
    for name in ("s.yaml", "s.yml"):
        path = folder / name
        if path.is_file():
            import yaml

            try:
                return _read(yaml.safe_load(path.read_text("utf-8")), environ)
            except (yaml.YAMLError, OSError, UnicodeDecodeError, AttributeError, TypeError):
                return Deployed()
    return Deployed()


def _read(document: Mapping[str, Any], environ: Mapping[str, str]) -> Deployed:
    variables = {
        name: _said(value, environ, {}) for name, value in (document.get("vars") or {}).items()
    }

    def said(value: object) -> str | None:
        return _said(value, environ, variables)

    access = said(document.get("access"))
    for resource in (document.get("resources") or {}).values():
        props = resource.get("props") or {}
        if resource.get("component") == "fc3" and said(props.get("functionName")):
            bucket = (props.get("environmentVariables") or {}).get("OSSFERRY_TARGET_BUCKET")
            name = said(props["functionName"])
            return Deployed(name, said(props.get("region")), said(bucket), access)
    return Deployed(access=access)


def _said(
    value: object, environ: Mapping[str, str], variables: Mapping[str, str | None]
) -> str | None:
    if not isinstance(value, str):
        return None
    text = _ENV.sub(lambda found: environ.get(found[1]) or found[2] or "", value)
    text = _VARS.sub(lambda found: variables.get(found[1]) or "", text)
    return text if text and "${" not in text else None
