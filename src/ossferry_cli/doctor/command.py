"""``ossferry doctor``: prints each finding as soon as it is known.

It begins before the function is known: what keeps anybody from knowing it is a finding as well.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..options import Which, function_options, json_option
from ..problems import USAGE, Problem
from ..say import say

if TYPE_CHECKING:
    from ..credentials import Found
    from .examine import Wanted
    from .finding import Finding


@click.command(name="doctor")
@function_options
@click.option("--bucket", "buckets", multiple=True, metavar="NAME", help="One more target bucket.")
@click.option(
    "--source", metavar="URL", help="A source to look at from here; of another cloud, too."
)
@click.option(
    "--package",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The zip that should be deployed.",
)
@click.option("--no-invoke", is_flag=True, help="Do not try what the function's role may do.")
@json_option
def command(
    which: Which,
    buckets: tuple[str, ...],
    source: str | None,
    package: Path | None,
    no_invoke: bool,
    as_json: bool,
) -> None:
    """Find what is wrong with a deployment. Nothing is changed.

    \b
    ossferry doctor

    Exits with 1 if there is a problem, with 0 if there are warnings only.
    """
    from .examine import Wanted
    from .package import read
    from .show import shown

    wanted = Wanted(buckets, source, read(package) if package else None, not no_invoke)
    sys.exit(shown(_findings(which, wanted), say, as_json=as_json))


def _findings(which: Which, wanted: Wanted) -> Iterator[Finding]:
    from ..credentials import find
    from ..function import chosen
    from .cloud_clients import CloudClients
    from .examine import about_credentials, examine
    from .outcomes import as_finding

    found: Found | None = None
    try:
        if which.local:
            meant = chosen(which)
        else:
            found = won = find(which.profile or None)
            yield from about_credentials(won)
            # They may have been asked for, which is not done twice.
            meant = chosen(which, find=lambda *_: won.credentials)
    except Problem as error:
        if error.exit_code == USAGE:
            raise
        yield from _unknown(which, found)
        yield as_finding("credentials" if found is None else "function", error.sentence)
        return
    yield from examine(CloudClients(meant), wanted)


def _unknown(which: Which, found: Found | None) -> Iterator[Finding]:
    """A clock that is wrong looks like keys that are."""
    from ..function import Function, Keys
    from .cloud_clients import CloudClients
    from .examine import about_clocks

    region = which.region or (found.credentials.region if found else None)
    if region:
        endpoint = f"https://account.{region}.fc.aliyuncs.com"
        nobody = Function(region, "", "", None, None, endpoint, {}, Keys("", ""))
        yield from about_clocks(CloudClients(nobody))
