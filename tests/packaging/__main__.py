"""``python -m tests.packaging [VERSION...]``: the zips that are uploaded to Function Compute."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import click

from tests.localcloud.config import REPOSITORY

from .archive import pack
from .dependencies import Dependencies

RUNTIMES = ("3.10", "3.12")


@click.command()
@click.argument("versions", nargs=-1, type=click.Choice(RUNTIMES))
@click.option("--folder", type=click.Path(path_type=Path), default=REPOSITORY / "build")
def main(versions: tuple[str, ...], folder: Path) -> None:
    """Build one package for each Python VERSION, or for all that Function Compute has."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="ossferry-package-") as scratch:
        dependencies = Dependencies(REPOSITORY, Path(scratch))
        try:
            dependencies.build()
            for version in versions or RUNTIMES:
                target = folder / f"ossferry-python{version}.zip"
                pack([REPOSITORY / "src", dependencies.install(version)], target)
                click.echo(f"{target}: {target.stat().st_size / 1e6:.1f} MB")
        except subprocess.CalledProcessError as error:
            raise click.ClickException(f"pip ended with status {error.returncode}") from error


if __name__ == "__main__":
    main(prog_name="python -m tests.packaging")
