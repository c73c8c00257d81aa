"""``python -m tests.packaging [VERSION...]``: the zips that are uploaded to Function Compute."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import click

from tests.localcloud import interpreters
from tests.localcloud.config import REPOSITORY

from .archive import pack
from .byte_code import compile_all
from .contents import gather
from .dependencies import Dependencies

RUNTIMES = ("3.10", "3.12")
# Any machine can try out a package for its own Python in the local cloud.
_VERSIONS = sorted({*RUNTIMES, interpreters.RUNNING})


@click.command()
@click.argument("versions", nargs=-1, type=click.Choice(_VERSIONS))
@click.option("--folder", type=click.Path(path_type=Path), default=REPOSITORY / "build")
def main(versions: tuple[str, ...], folder: Path) -> None:
    """Build one package for each Python VERSION, or for all that Function Compute has."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="ossferry-package-") as scratch:
        dependencies = Dependencies(REPOSITORY, Path(scratch))
        try:
            dependencies.build()
            for version in versions or RUNTIMES:
                _build(version, dependencies, Path(scratch) / version, folder)
        except subprocess.CalledProcessError as error:
            raise click.ClickException(f"pip ended with status {error.returncode}") from error


def _build(version: str, dependencies: Dependencies, contents: Path, folder: Path) -> None:
    gather([REPOSITORY / "src", dependencies.install(version)], contents)
    python = interpreters.find(version)
    if python is None:
        click.echo(
            f"There is no Python {version} here to compile with: the package works, but each"
            " instance compiles when it starts, which costs a coordinator two seconds."
        )
    else:
        compile_all(contents, python)
    target = folder / f"ossferry-python{version}.zip"
    pack(contents, target)
    click.echo(f"{target}: {target.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main(prog_name="python -m tests.packaging")
