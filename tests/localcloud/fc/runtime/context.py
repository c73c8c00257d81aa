"""The context object of the two families of Python runtimes.

Up to python3.10 it carries ``service`` and ``credentials``; python3.12 has neither, keeps the
log's names at the top level and leaves credentials to the environment.
"""

from __future__ import annotations

import logging
from typing import Any


class Record:
    """A plain object with the given attributes, as the runtime's own classes are."""

    def __init__(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self.__dict__)})"


class Credentials(Record):
    """access_key_id, access_key_secret, security_token."""


class FunctionMeta(Record):
    """name, handler, memory, timeout; with python3.12 version_id and qualifier as well."""


class ServiceMeta(Record):
    """name, log_project, log_store, qualifier, version_id."""


class FCContext(Record):
    """What a handler gets beside the event."""

    logger: logging.Logger | None

    def getLogger(self) -> logging.Logger:
        """Return the logger whose lines carry the request's id."""
        self.logger = logging.getLogger()
        return self.logger


_PARTS = {"function": FunctionMeta, "service": ServiceMeta, "credentials": Credentials}


def make(document: dict[str, Any]) -> FCContext:
    """Build the context that the server describes; what it leaves out does not exist."""
    attributes = {
        name: _PARTS[name](**value) if name in _PARTS else value for name, value in document.items()
    }
    return FCContext(logger=None, **attributes)
