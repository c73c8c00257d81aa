"""Whether a cloud can be what its configuration asks for, said before any server is started."""

from __future__ import annotations

import math
import os
import re
from pathlib import Path

from tests.localcloud.config import CloudConfig

from . import server_settings
from .code import interpreter
from .deployment import read_deployment
from .surroundings import read_policy
from .template import InvalidTemplate

_QUALIFIER = re.compile(r"[1-9]\d*|(?!LATEST$)[A-Za-z_][A-Za-z0-9_-]{0,127}")
_NUMBERS = ("timeout", "start_delay", "start_rate", "credentials_lifetime")


def require_deployable(config: CloudConfig) -> None:
    """Raise InvalidTemplate, in one sentence, for what could not be deployed or evaluated."""
    for name in _NUMBERS:
        value = getattr(config, name)
        if value is not None and not math.isfinite(value):
            raise InvalidTemplate(f"--{name.replace('_', '-')}: {value} is no number of anything")
    if config.qualifier is not None and not _QUALIFIER.fullmatch(config.qualifier):
        raise InvalidTemplate(f"--qualifier: {config.qualifier!r} names no version and no alias")
    functions = read_deployment(server_settings.template(), config, os.environ)
    for function in functions.values():
        interpreter(function.code)
    if config.policy:
        _require_policy(Path(config.policy))


def _require_policy(path: Path) -> None:
    try:
        read_policy(path)
    except (OSError, ValueError) as error:
        raise InvalidTemplate(f"--policy: {path}: {error}") from error
