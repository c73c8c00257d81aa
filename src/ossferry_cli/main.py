"""The group of commands. It knows their names and modules, and imports one only to run it."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import click

from .problems import INTERRUPTED, Problem, sentence_of
from .say import say

# In the order of the help: module and one line. The line stands here, because to read it from the
# command would import what the command needs.
COMMANDS = {
    "cp": ("commands.cp", "Copy URLs, objects, a prefix or a list into OSS."),
    "run": ("commands.run", "Run a program over an object, over many, or alone."),
    "plan": ("commands.plan", "Say what a copy would take, before it is begun."),
    "status": ("commands.status", "Show how far a copy is, or wait for its end."),
    "stop": ("commands.stop", "End a copy; what is done is kept."),
    "again": ("commands.again", "Do the failed items of a job once more."),
    "resume": ("commands.resume", "Send the same event again, which goes on with what is kept."),
    "ls": ("commands.ls", "List copies and jobs."),
    "report": ("commands.report", "Show or save what came of each item of a job."),
    "thaw": ("commands.thaw", "Restore archived objects."),
    "sweep": ("commands.sweep", "Remove what abandoned copies left in a bucket."),
    "doctor": ("doctor.command", "Find what is wrong with a deployment."),
    "demo": ("commands.demo", "Copy 1 GiB inside this machine and watch (in a clone)."),
}


class Lazy(click.Group):
    """Loads a command when it is asked for, and says a problem as one sentence."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f".{COMMANDS[cmd_name][0]}", __package__)
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Problem as problem:
            fail(problem.sentence, problem.exit_code)
        except KeyboardInterrupt:
            fail("interrupted; what may have begun is found by the same command", INTERRUPTED)
        except BrokenPipeError:
            # Whoever read the output has enough; Python would complain once more at its end.
            sys.stderr.close()
            sys.exit(1)
        except Exception as error:  # of ossferry's own readers, SDKs and network
            known = sentence_of(error)
            if known is None:
                raise
            fail(known, 1)


def fail(sentence: str, code: int) -> None:
    say(f"ossferry: {sentence}", err=True)
    sys.exit(code)


def _version(context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    """Show the version, and end."""
    if not wanted:
        return
    from importlib.metadata import PackageNotFoundError, version

    try:
        said = f"version {version('ossferry')}"
    except PackageNotFoundError:
        said = "run from a clone: pip install . there makes it a version"
    say(f"ossferry, {said}")
    context.exit()


@click.group(
    cls=Lazy,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but for failed items, 130 Ctrl-C.",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show it."
)
def main() -> None:
    """Copy what URLs reach into Alibaba Cloud OSS, by the function of the same name.

    \b
    ossferry cp https://example.org/file.iso oss://my-bucket/images/file.iso
    """
