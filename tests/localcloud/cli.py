"""The local cloud's command line: ``up`` for users, ``serve`` for the processes ``up`` starts."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from collections.abc import Sequence
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

import click

from tests.localcloud.config import CloudConfig
from tests.localcloud.faults import SERVERS, InvalidFault, read_faults
from tests.localcloud.next_steps import next_steps
from tests.localcloud.supervisor import CloudFailed, Supervisor

_EXISTING_DIR = click.Path(exists=True, file_okay=False, resolve_path=True)
_EXISTING = click.Path(exists=True, resolve_path=True)
_EXISTING_FILE = click.Path(exists=True, dir_okay=False, resolve_path=True)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """OSS, Function Compute and an origin on 127.0.0.1."""


def _read_faults(_context: click.Context, _option: click.Parameter, path: str | None) -> str:
    if path is None:
        return ""
    try:
        text = Path(path).read_text("utf-8")
        read_faults(json.loads(text))
    except (OSError, ValueError, InvalidFault) as error:
        raise click.BadParameter(f"{path}: {error}") from error
    return text


def _read_rate(_context: click.Context, _option: click.Parameter, text: str | None) -> float | None:
    if text is None:
        return None
    count, _, seconds = text.partition("/")
    try:
        rate = float(count) / float(seconds or "1")
    except (ValueError, ZeroDivisionError) as error:
        raise click.BadParameter(f"{text!r} is neither N nor N/SECONDS") from error
    if rate <= 0:
        raise click.BadParameter("must be positive")
    return rate


def _read_env(
    _context: click.Context, _option: click.Parameter, pairs: Sequence[str]
) -> dict[str, str]:
    env: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not name or not equals:
            raise click.BadParameter(f"{pair!r} is not K=V")
        env[name] = value
    return env


@main.command()
@click.option("--instances", type=click.IntRange(1), help="Instances that may run at once.")
@click.option("--timeout", type=click.FloatRange(0, min_open=True), help="Seconds per invocation.")
@click.option("--memory", type=click.IntRange(1), help="Megabytes per instance.")
@click.option("--runtime", type=click.Choice(["python3.10", "python3.12"]))
@click.option("--generation", type=click.Choice(["2.0", "3.0"]), help="With which it was made.")
@click.option("--qualifier", help="A version or alias that there is beside LATEST.")
@click.option("--start-delay", type=click.FloatRange(0), help="Seconds a cold start takes longer.")
@click.option("--start-rate", metavar="N[/S]", callback=_read_rate, help="Starts per second.")
@click.option("--origin-root", type=_EXISTING_DIR, help="What the origin serves.")
@click.option("--faults", type=_EXISTING_FILE, callback=_read_faults, help="JSON list of faults.")
@click.option("--env", metavar="K=V", multiple=True, callback=_read_env, help="For the function.")
@click.option("--data-dir", type=_EXISTING_DIR, help="Where to keep data while it runs.")
@click.option("--code", type=_EXISTING, help="Code folder or zip, instead of what s.yaml says.")
@click.option("--policy", type=_EXISTING_FILE, help="RAM policy of the function's role.")
@click.option("--credentials-lifetime", type=click.FloatRange(0, min_open=True), help="Seconds.")
@click.option("--fresh-instances", is_flag=True, help="Start interpreters instead of forking.")
@click.option("--deliver-twice", is_flag=True, help="Deliver every async invocation twice.")
@click.option("--ignore-delay", is_flag=True, help="Run delayed async invocations at once.")
@click.option("--still-timers", is_flag=True, help="Let timers fire only by /-/clock.")
@click.option(
    "--found-by",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to keep that line in while it runs, for the command ossferry.",
)
@click.option("--root-secret", hidden=True, help="What seals the keys of roles.")
@click.option("--until-eof", is_flag=True, hidden=True, help="Also stop when stdin ends.")
def up(
    *,
    data_dir: str | None,
    fresh_instances: bool,
    found_by: Path | None,
    until_eof: bool,
    **options: Any,
) -> None:
    """Start everything, print one line of JSON, serve until SIGTERM or SIGINT.

    What to try comes on standard error.
    """
    os.environ.update(_deployed_with())
    given = {name: value for name, value in options.items() if value is not None}
    supervisor = Supervisor(
        parent_dir=data_dir,
        options={"fork_instances": not fresh_instances, **given},
        announce=partial(_announce, found_by),
        until_eof=sys.stdin.fileno() if until_eof else None,
    )
    try:
        asyncio.run(supervisor.run())
    except CloudFailed as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(error.exit_code)
    finally:
        if found_by is not None:
            _forget(found_by)


@main.command(hidden=True)
@click.argument("name", type=click.Choice(SERVERS))
@click.option("--fd", type=int, required=True, help="The inherited listening socket.")
@click.option("--parent", type=int, required=True, help="Who is not to be outlived.")
def serve(name: str, fd: int, parent: int) -> None:
    """Be one server; the configuration comes on standard input."""
    # Imported here: `up` itself needs no HTTP server.
    from tests.localcloud.serving import serve_until_signalled

    config = CloudConfig.from_json(sys.stdin.read())
    serve_until_signalled(name, config, socket.socket(fileno=fd), parent)


def _deployed_with() -> dict[str, str]:
    """What s.yaml takes from the environment: here its trigger watches the bucket there is here.

    The same variables may be set for a real deployment, which this one is not.
    """
    here = {each.name: str(each.default) for each in fields(CloudConfig)}
    return {"OSSFERRY_TARGET_BUCKET": here["bucket"], "OSSFERRY_REGION": here["region"]}


def _announce(found_by: Path | None, line: str) -> None:
    """Print the line for programs, then the text for people."""
    if found_by is not None:
        _keep(found_by, line)
    print(line, flush=True)
    print(next_steps(json.loads(line)), file=sys.stderr, flush=True)


def _keep(file: Path, line: str) -> None:
    """For its owner alone: there is a key in it, if only of this cloud. Never half of it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    growing = file.with_name(f"{file.name}.{os.getpid()}")
    with open(os.open(growing, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as into:
        into.write(f"{line}\n")
    growing.replace(file)


def _forget(file: Path) -> None:
    """Unless another cloud has taken the name."""
    try:
        if json.loads(file.read_text("utf-8"))["pid"] == os.getpid():
            file.unlink()
    except (OSError, ValueError, KeyError):
        pass
