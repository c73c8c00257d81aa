"""``python -m tests.packaging [VERSION...]``: the zips that are uploaded to Function Compute."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click

from tests.localcloud import interpreters
from tests.localcloud.config import REPOSITORY

from .archive import pack
from .byte_code import compile_all
from .contents import PROGRAMS, gather
from .dependencies import Dependencies

RUNTIMES = ("3.10", "3.12")
# Any machine can try out a package for its own Python in the local cloud.
_VERSIONS = sorted({*RUNTIMES, interpreters.RUNNING})


@click.command()
@click.argument("versions", nargs=-1, type=click.Choice(_VERSIONS))
@click.option("--folder", type=click.Path(path_type=Path), default=REPOSITORY / "build")
@click.option(
    "--with",
    "own",
    type=click.Path(exists=True, file_okay=False, resolve_path=True, path_type=Path),
    help="A folder with programs, and what they need; the zips are named after it.",
)
def main(versions: tuple[str, ...], folder: Path, own: Path | None) -> None:
    """Build one package for each Python VERSION, or for all that Function Compute has."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="ossferry-package-") as scratch:
        dependencies = Dependencies(REPOSITORY, Path(scratch), requirements_of(own))
        code = [REPOSITORY / "src"]
        if own:
            code.append(beside(own, Path(scratch) / "own"))
        try:
            dependencies.build()
            for version in versions or RUNTIMES:
                target = folder / f"{own.name if own else 'ossferry'}-python{version}.zip"
                _build(version, [*code, dependencies.install(version)], target)
        except subprocess.CalledProcessError as error:
            raise click.ClickException(f"pip ended with status {error.returncode}") from error


def requirements_of(own: Path | None) -> list[Path]:
    """What the programs of a folder need besides, if it says so."""
    return [file for file in (own / "requirements.txt",) if file.is_file()] if own else []


def beside(own: Path, into: Path) -> Path:
    """Copy what goes beside ``index.py`` out of a folder that has more: its programs, and modules
    that are entry points."""
    into.mkdir(parents=True)
    if (own / PROGRAMS).is_dir():
        shutil.copytree(own / PROGRAMS, into / PROGRAMS)
    for module in own.glob("*.py"):
        shutil.copy(module, into)
    return into


def _build(version: str, code: Sequence[Path], target: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="ossferry-contents-") as contents:
        gather(code, Path(contents))
        python = interpreters.find(version)
        if python is None:
            click.echo(
                f"There is no Python {version} here to compile with: the package works, but each"
                " instance compiles when it starts, which costs a coordinator two seconds."
            )
        else:
            compile_all(Path(contents), python)
        pack(Path(contents), target)
    click.echo(f"{target}: {target.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main(prog_name="python -m tests.packaging")
