"""``python -m tests.packaging.app``: the folder that ``s init`` takes for Serverless Devs 3.

Only ``src/`` of it reaches the folder of whoever deploys, and only its ``s.yaml`` is rendered. That
is the project's own, with parameters where it reads the environment, and packages that are built.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import click

from tests.localcloud.config import REPOSITORY

from .__main__ import RUNTIMES

_TEXTS = Path(__file__).parent / "application"
_AS_IT_IS = ("role.yml", "template.yml", "LICENSE")
_PACKAGES = tuple(f"ossferry-python{version}.zip" for version in RUNTIMES)

# What is a parameter of the application, or no longer to be done, in s.yaml.
_RENDERED = (
    (r"docs/deploy\.md says", "readme.md says"),
    (r"^access: default$", 'access: "{{ access }}"'),
    (r"\$\{env\('OSSFERRY_REGION', '[^']+'\)\}", '"{{ region }}"'),
    (r"\$\{env\('OSSFERRY_TARGET_BUCKET', '[^']+'\)\}", '"{{ bucket }}"'),
    (r"\$\{env\('OSSFERRY_RUNTIME', '[^']+'\)\}", '"{{ runtime }}"'),
    (r"^( +)role: ossferry$", r'\1role: "{{ role }}"'),
    (r"^    actions:\n(?:      .*\n)+?(?=    props:)", ""),
    (r"code: \./build/", "code: ./"),
)


class AppNotBuilt(Exception):
    """Something that belongs in the application is not there; the message says what to do."""


def build(folder: Path, packages: Path) -> None:
    """Write the application anew; ``packages`` is where the zips are."""
    shutil.rmtree(folder, ignore_errors=True)
    source = folder / "src"
    source.mkdir(parents=True)
    for path in sorted(_TEXTS.iterdir()):
        text = path.read_text("utf-8").replace("@VERSION@", _version())
        (folder / path.name).write_text(text, "utf-8")
    for name in ("readme.md", "readme_en.md"):
        shutil.copyfile(_TEXTS / name, source / name)
    for name in _AS_IT_IS:
        shutil.copyfile(REPOSITORY / name, source / name)
    shutil.copyfile(REPOSITORY / "examples" / "transfer.json", source / "event.json")
    (source / "s.yaml").write_text(rendered((REPOSITORY / "s.yaml").read_text("utf-8")), "utf-8")
    for name in _PACKAGES:
        if not (packages / name).is_file():
            raise AppNotBuilt(f"there is no {packages / name}: run make package first")
        shutil.copyfile(packages / name, source / name)


def rendered(text: str) -> str:
    """Return s.yaml as a template; each place has to be there once, or it was renamed."""
    for pattern, replacement in _RENDERED:
        text, count = re.subn(pattern, replacement, text, flags=re.MULTILINE)
        if count != 1:
            raise AppNotBuilt(f"s.yaml has {count} places like {pattern!r}: correct app.py")
    return text


def _version() -> str:
    (version,) = re.findall(
        r'^version = "([^"]+)"$', (REPOSITORY / "pyproject.toml").read_text("utf-8"), re.MULTILINE
    )
    return str(version)


@click.command()
@click.option("--folder", type=click.Path(path_type=Path), default=REPOSITORY / "build" / "app")
@click.option("--packages", type=click.Path(path_type=Path), default=REPOSITORY / "build")
def main(folder: Path, packages: Path) -> None:
    """Build the application in FOLDER, with the zips of PACKAGES."""
    try:
        build(folder, packages)
    except AppNotBuilt as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{folder}: s init ossferry --uri {folder}")


if __name__ == "__main__":
    main(prog_name="python -m tests.packaging.app")
