"""What a deployment has that a plan goes by: memory, processors, time, settings."""

from __future__ import annotations

from typing import Any, NamedTuple

from ossferry.settings import Settings

from ..function import Function


class Deployment(NamedTuple):
    """As ``s.yaml`` has it, unless the function says otherwise. ``known`` is whether it did."""

    memory_mb: int = 1024
    cpu: float = 1.0
    disk_mb: int = 512
    timeout: float = 3600.0
    settings: Settings = Settings()
    known: bool = False


def deployment_of(function: Function) -> Deployment:
    """What may be not looked at is taken for what ``s.yaml`` has."""
    from ossferry.errors import FerryError

    from ..doctor.clients import CallRefused, Unreachable
    from ..doctor.cloud_clients import CloudClients

    try:
        return read(CloudClients(function).get_function())
    except (CallRefused, Unreachable, FerryError, ValueError):
        return Deployment()


def read(described: Any) -> Deployment:
    """Of FC's own words."""
    usual = Deployment()
    return Deployment(
        memory_mb=int(described.get("memorySize") or usual.memory_mb),
        cpu=float(described.get("cpu") or usual.cpu),
        disk_mb=int(described.get("diskSize") or usual.disk_mb),
        timeout=float(described.get("timeout") or usual.timeout),
        settings=Settings.from_env(described.get("environmentVariables") or {}),
        known=True,
    )
