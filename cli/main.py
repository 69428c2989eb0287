"""The ``touchmark`` command: finds the subcommand, prints errors, leaves with a status. It decides nothing.

Subcommands are imported when they are called, so that ``touchmark --help`` and ``touchmark verify --help`` answer
at once. One place turns every :class:`TouchmarkError` into one line on standard error.
"""

from __future__ import annotations

import errno
import gc
import os
import sys
from difflib import get_close_matches
from importlib import import_module
from itertools import takewhile

import click

from touchmark import __version__
from touchmark.cli.as_json import print_json
from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.wording import printable

USAGE = 64
"""EX_USAGE of sysexits.h; click's own 2 would read as "nothing found"."""
SOFTWARE = 70
INTERRUPTED = 130
TRACEBACK = "TOUCHMARK_TRACEBACK"
"""Set in the environment, it shows where an unforeseen error came from."""

_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO}
"""What can befall whatever is written, anywhere."""
_OBJECTS = 100_000
"""New objects before the garbage collector looks for cycles among them; Python's own 700 suits smaller programs."""

_COMMANDS = {
    "generate": ("touchmark.cli.generate", "Make a video from a prompt: screened, marked, signed, verified."),
    "verify": ("touchmark.cli.verify", "Find out where videos, sounds and pictures come from."),
    "comply": (
        "touchmark.cli.comply",
        "Hold a video against disclosure rules: EU, California, China, India, C2PA, IPTC.",
    ),
    "report": ("touchmark.cli.report", "Write a verification as one self-contained page."),
    "manifest": ("touchmark.cli.manifest", "Check how a C2PA manifest is written, update it, redact it."),
    "seal": ("touchmark.cli.seal", "Mark and sign a video, sound or picture that another generator made."),
    "screen": ("touchmark.cli.screen", "Ask the gate about a prompt, without making anything."),
    "review": ("touchmark.cli.review", "Look at prompts that wait for a person, and allow or refuse them."),
    "policy": ("touchmark.cli.policy", "Show, test, compare and explain safety policies."),
    "redteam": ("touchmark.cli.redteam", "Find out what gets through the gate when somebody tries."),
    "figures": ("touchmark.cli.figures", "Look up the public figures that the gate knows."),
    "screen-video": ("touchmark.cli.screen_video", "Look at a video: is it in a hash bank, what do detectors see?"),
    "bank": ("touchmark.cli.bank", "Keep hash banks of videos that must not be shown again, and search them."),
    "watermark": ("touchmark.cli.watermark", "Mark, look for the mark, and test what it survives, on its own."),
    "keys": ("touchmark.cli.keys", "Make, show, check and change signing keys."),
    "trust": ("touchmark.cli.trust", "Keep trust lists: whose signers and time stamps are believed."),
    "serve": ("touchmark.cli.serve", "Run a service: a signer for workers that hold no key."),
    "marks": ("touchmark.cli.marks", "Install marks of other makers, for verify to look for."),
    "ledger": ("touchmark.cli.ledger", "Read and verify the record of decisions and releases."),
    "completion": ("touchmark.cli.completion", "Print the completion script for a shell."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are run; their one-line helps stand here."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order a newcomer meets them."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import ``cmd_name``; None if there is no such command."""
        if cmd_name not in _COMMANDS:
            return None
        command = getattr(import_module(_COMMANDS[cmd_name][0]), cmd_name.replace("-", "_"))
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does; it knows no name that is near, for it looks for one among the commands that are imported."""
        name = args[0]
        if name not in _COMMANDS and not name.startswith("-") and not ctx.resilient_parsing:
            near = get_close_matches(name, _COMMANDS, 1)
            ctx.fail(f"No such command {name!r}." + (f" Did you mean {near[0]!r}?" if near else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in _COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="touchmark")
def touchmark() -> None:
    """Provenance, watermarking and deepfake safety wrapped around video generation.

    \b
    First steps:
      touchmark keys init
      touchmark generate "a red circle moves left to right over a blue background" -o circle.mp4
      touchmark verify circle.mp4

    \b
    Exit status of every command:
      0   done; for verify, the origin is known
      1   evidence of tampering or contradiction; a prompt or a video that was refused
      2   nothing found; a prompt that waits for human review
      3   the file could not be read
      64  the command was used wrongly
      70  it could not be done: a key, a model, a database, a disk
    """


def main() -> None:
    """Entry point: runs the command line and leaves with its status."""
    # Matrices here are small: a second thread of NumPy's would wait busily for longer than it helps, which of a short
    # command was a third of the processor time.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Nobody's plug-in has a say in how we read settings; to look for one takes reading what every package installed.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # Loading makes half a million objects and no garbage; the collector would walk them for a fifth of that time.
    gc.set_threshold(_OBJECTS)
    status = run(sys.argv[1:])
    # Nor is there any to be found on leaving: to walk all that was loaded, several times over, took a sixth of the
    # processor time of a small file. What is still held is let go as ever, and what asked to be told is told.
    gc.freeze()
    sys.exit(status)


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit status; errors go to standard error, one line each, and as JSON to
    standard output where that is asked for."""
    try:
        result = touchmark.main(args=arguments, prog_name="touchmark", standalone_mode=False)
    except click.UsageError as error:
        error.show()
        return USAGE
    except click.Abort:
        click.echo("touchmark: interrupted", err=True)
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return USAGE
    except TouchmarkError as error:
        if "--json" in takewhile(lambda word: word != "--", arguments):  # told in an object, too
            try:
                print_json(error.as_dict())
            except BrokenPipeError:
                sys.stdout = None
        click.echo(f"touchmark: {printable(error.diagnostics())}", err=True)
        return error.exit_status
    except BrokenPipeError:  # whoever read our output has seen enough
        sys.stdout = None
        return 0
    except Exception as error:
        if os.environ.get(TRACEBACK):
            raise
        if isinstance(error, OSError) and error.errno in _DISK:
            problem = f"the disk is full, or cannot be read or written ({error.strerror})"
            click.echo(f"touchmark: {problem} [touchmark.disk]", err=True)
            return SOFTWARE
        problem = printable(f"{type(error).__name__}: {error}")
        click.echo(f"touchmark: a defect of ours, not of your input: {problem}", err=True)
        click.echo(f"touchmark: please report it with what {TRACEBACK}=1 prints [touchmark.defect]", err=True)
        return SOFTWARE
    return result if isinstance(result, int) else 0


if __name__ == "__main__":
    main()
