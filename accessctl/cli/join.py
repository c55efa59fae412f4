"""`accessctl join`: this door becomes one of a hub's."""

from dataclasses import dataclass
from typing import Annotated

import typer

from accessctl.cli.common import ConfigOption, config_from, read_unseen
from accessctl.cli.front import Verb
from accessctl.config import Config, SyncConfig
from accessctl.errors import InputError

# Far more than a code has, so that a file given by mistake is refused.
MAX_CHARACTERS = 64


@dataclass(frozen=True, kw_only=True)
class DoorJoinOptions(ConfigOption):
    url: Annotated[
        str | None,
        typer.Argument(metavar="URL", help="The hub (default: sync.hub of the configuration)."),
    ] = None
    fingerprint: Annotated[
        str,
        typer.Option(metavar="SHA256:...", help="As `accessctl hub invite` printed it."),
    ]


def run_join(args: DoorJoinOptions) -> int:
    from accessctl.sync.joining import fingerprint_in, join

    config = config_from(args)
    url, fingerprint = _hub(args.url, config.sync), fingerprint_in(args.fingerprint)
    member = join(url, fingerprint, read_code(), config.sync_folder)
    print(f"This door is {member.hub.name} at {url} now.")
    if config.sync.hub is None:
        print(
            f"It sends nothing before its configuration says so: put `hub: {url}` below `sync:` "
            "and restart it."
        )
    if missing := missing_models(config):
        print(
            f"Model files that this door needs are not here ({', '.join(missing)}); take them from "
            "the hub: accessctl models fetch --from-hub"
        )
    return 0


def missing_models(config: Config) -> list[str]:
    """The names of the model files without which this door does not run, and that are not here."""
    from accessctl.bundled import is_file
    from accessctl.cli.models import named_for

    return [one.name for one in named_for(config) if one.is_needed and not is_file(one.path)]


def _hub(named: str | None, sync: SyncConfig) -> str:
    from accessctl.sync.joining import hub_url

    if named is None and sync.hub is None:
        raise InputError("Name the hub: accessctl join https://hub:8443 --fingerprint SHA256:...")
    url = hub_url(named or sync.hub or "")
    if sync.hub not in (None, url):
        raise InputError(
            f"The configuration names another hub, {sync.hub}; correct sync.hub, or leave it out "
            "here."
        )
    return url


def read_code() -> str:
    """From the terminal, or one line of standard input: others can see the command line."""
    return read_unseen("Code: ", "code", MAX_CHARACTERS).strip()


JOIN = Verb(
    run_join,
    DoorJoinOptions,
    "Makes this door one of a hub's: it checks the hub's fingerprint, shows the code, which is "
    "read from the terminal or from standard input, and gets a certificate of its own. A door "
    "whose configuration names the hub in sync.hub then sends its event log there.",
    ("accessctl join https://hub:8443 --fingerprint SHA256:5A...",),
)
