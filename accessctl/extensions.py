"""What is added from outside the package: cues, actions, sources, losses and commands, by name.

Two ways lead here. A program that runs a door calls `register`. A distribution that is installed
beside accessctl declares an entry point in one of the groups `accessctl.cues`,
`accessctl.actions`, `accessctl.sources`, `accessctl.losses` and `accessctl.commands`. Names of
entry points are read from the distributions' metadata; the code behind one is imported when
somebody named it, in config.yaml or on the command line, and not before.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from accessctl.errors import AccessctlError, ConfigError, ExtensionError
from accessctl.storage.parsing import shortened

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

NAME = re.compile(r"[a-z][a-z0-9-]{0,31}", re.ASCII)

Made = TypeVar("Made")


class ExtensionKind(StrEnum):
    """What can be added; `accessctl.` and the value is the group of its entry points."""

    CUES = "cues"
    ACTIONS = "actions"
    SOURCES = "sources"
    LOSSES = "losses"
    COMMANDS = "commands"

    @property
    def one(self) -> str:
        """The word for one of them."""
        return {"losses": "loss"}.get(self.value, self.value[:-1])

    @property
    def group(self) -> str:
        return f"accessctl.{self.value}"


@dataclass(frozen=True, slots=True, eq=False)
class Extension:
    """One thing that was added: nothing of it is imported before `load` is called.

    `help` says in a line what it is, or whose; what a program registered may say nothing.
    `origin` is the distribution that it is from, empty for what the running program registered.
    """

    kind: ExtensionKind
    name: str
    help: str
    origin: str
    _load: Callable[[], Any]

    def load(self) -> Any:
        """The object itself; ExtensionError, in one sentence, where importing it fails."""
        try:
            return self._load()
        except AccessctlError:
            raise
        except (Exception, SystemExit) as error:
            raise self.fault(f"cannot be loaded ({described(error)})") from error

    def fault(self, what: str) -> ExtensionError:
        """The error that says of it `what` is wrong."""
        whose = f" of the package {self.origin}" if self.origin else ""
        if self.kind is not ExtensionKind.COMMANDS:
            instead = "correct it, or take its name out of the configuration."
        elif self.origin:
            instead = "correct that package, or uninstall it."
        else:
            instead = "correct it where it is registered."
        return ExtensionError(f"The {self.kind.one} {self.name!r}{whose} {what}; {instead}")


_registered: dict[tuple[ExtensionKind, str], Extension] = {}


def register(kind: str, name: str, made: Any, *, help: str = "") -> None:  # noqa: A002
    """From now on `name` means `made` in this process; a name that is known means the new one.

    `kind` is "cues", "actions", "sources", "losses" or "commands"; docs/api.md says what each of
    them is. A name is up to 32 small letters, digits and hyphens and begins with a letter;
    ValueError for any other, and for another kind.

    >>> register("actions", "nothing", lambda: None)
    >>> "nothing" in names("actions")
    True
    >>> unregister("actions", "nothing")
    """
    known = ExtensionKind(kind)
    if not NAME.fullmatch(name):
        raise ValueError(f"a name is small letters, digits and hyphens, not {name!r}")
    _registered[known, name] = Extension(known, name, help, "", lambda: made)


def unregister(kind: str, name: str) -> None:
    """Forget what was registered under that name, if anything was.

    >>> register("cues", "at-rest", print)
    >>> unregister("cues", "at-rest")
    >>> find("cues", "at-rest") is None
    True
    """
    _registered.pop((ExtensionKind(kind), name), None)


def registered(kind: str) -> tuple[str, ...]:
    """The names that this program registered, in that order."""
    return tuple(name for known, name in _registered if known == ExtensionKind(kind))


def names(kind: str) -> tuple[str, ...]:
    """All names of that kind, those that were registered first; imports nothing."""
    return tuple(dict.fromkeys([*registered(kind), *sorted(_claims(ExtensionKind(kind)))]))


def find(kind: str, name: str) -> Extension | None:
    """What that name means, None where it means nothing. What was registered comes first.

    ConfigError where several installed distributions claim the name: which of them is meant
    cannot be known, and a door does not guess whose code it runs.
    """
    known = ExtensionKind(kind)
    if (known, name) in _registered:
        return _registered[known, name]
    # A path or an address is no name: the distributions need not be looked through.
    claims = _claims(known).get(name, []) if NAME.fullmatch(name) else []
    if len(claims) > 1:
        raise _contested(known, claims)
    return _installed(known, claims[0]) if claims else None


def named(kind: str, name: str, where: str) -> Extension:
    """As `find`; ConfigError, which says that `where` names it, where it means nothing."""
    found = find(kind, name)
    if found is None:
        raise ConfigError(
            f"{where}: there is no {ExtensionKind(kind).one} {name!r} "
            f"({', '.join(names(kind)) or 'none is added'}); install the package that brings it, "
            "or correct the name."
        )
    return found


def commands() -> Mapping[str, Extension]:
    """The commands that were added, by name; loading one gives a Typer application or a function.

    Nothing is imported. A name that several distributions claim fails when it is loaded.

    >>> register("commands", "greet", print, help="Say hello.")
    >>> commands()["greet"].help
    'Say hello.'
    >>> unregister("commands", "greet")
    """
    kind = ExtensionKind.COMMANDS
    own = {name: made for (known, name), made in _registered.items() if known is kind}
    installed = {
        name: _installed(kind, points[0]) if len(points) == 1 else _refused(kind, points)
        for name, points in sorted(_claims(kind).items())
    }
    return MappingProxyType(own | {k: v for k, v in installed.items() if k not in own})


def made_by(extension: Extension, make: Callable[[], Made]) -> Made:
    """What `make` gives; whatever it raises in the extension's code becomes one sentence.

    Errors of accessctl pass: they are sentences already.
    """
    try:
        return make()
    except AccessctlError:
        raise
    except (Exception, SystemExit) as error:
        raise extension.fault(f"cannot be made ({described(error)})") from error


def described(error: BaseException) -> str:
    """A foreign error in a few words: its kind, and its message on one line."""
    text = shortened(str(error), 200)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _claims(kind: ExtensionKind) -> "dict[str, list[EntryPoint]]":
    """Each name with the entry points that claim it, of different distributions or objects."""
    # Costs a command that asks for nothing of the kind more than its own work.
    from importlib.metadata import entry_points

    found: dict[str, list[EntryPoint]] = {}
    # A distribution that is found twice on the path declares the same thing twice.
    for point in {
        (p.name, p.value, _origin(p)): p for p in entry_points(group=kind.group)
    }.values():
        if NAME.fullmatch(point.name):
            found.setdefault(point.name, []).append(point)
    return found


def _contested(kind: ExtensionKind, points: "Sequence[EntryPoint]") -> ConfigError:
    packages = " and ".join(sorted({_origin(point) for point in points}))
    return ConfigError(
        f"The {kind.one} {points[0].name!r} is claimed by the packages {packages}; uninstall all "
        "but one of them."
    )


def _refused(kind: ExtensionKind, points: "Sequence[EntryPoint]") -> Extension:
    def refuse() -> Any:
        raise _contested(kind, points)

    return Extension(kind, points[0].name, "Claimed by several packages.", "", refuse)


def _installed(kind: ExtensionKind, point: "EntryPoint") -> Extension:
    told = _metadata(point)
    origin = _origin(point)
    help_line = shortened(str(told.get("summary", "")), 100) or f"From the package {origin}."
    return Extension(kind, point.name, help_line, origin, point.load)


def _origin(point: "EntryPoint") -> str:
    return str(_metadata(point).get("name") or "(unknown)")


def _metadata(point: "EntryPoint") -> Mapping[str, Any]:
    """What the distribution says of itself; nothing where that cannot be read."""
    try:
        return {} if point.dist is None else point.dist.metadata.json
    except Exception:  # noqa: BLE001
        # Whatever it is: half an uninstalled package must not stop every command.
        return {}
