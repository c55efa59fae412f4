"""`accessctl hub consent ...` and `hub keep`: on what grounds a site knows its people, and for how
long."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from accessctl.cli.common import ConfigOption, local_time, print_json, print_table
from accessctl.cli.doorway import operator
from accessctl.cli.front import Verb
from accessctl.cli.hub import HubListOptions, opened_hub
from accessctl.errors import FaultError, InputError
from accessctl.policy.access import ending
from accessctl.storage.parsing import printable, read_bounded

if TYPE_CHECKING:
    from accessctl.hub.consent import PersonConsent
    from accessctl.hub.expiry import ExpiringPerson, ExpiryState
    from accessctl.policy.consent import GivenConsent

NONE = "-"


@dataclass(frozen=True, kw_only=True)
class HubPersonOptions(ConfigOption):
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who it is about.")]


@dataclass(frozen=True, kw_only=True)
class HubConsentTextOptions(ConfigOption):
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="The words, as UTF-8; none: print the newest."),
    ] = None
    again: Annotated[
        bool, typer.Option("--again", help="Ask everybody anew: earlier consents end at --until.")
    ] = False
    until: Annotated[
        str | None,
        typer.Option(metavar="DAY", help="With --again: the last day on which they still count."),
    ] = None


@dataclass(frozen=True, kw_only=True)
class HubConsentGiveOptions(HubPersonOptions):
    typed: Annotated[
        str | None, typer.Option(metavar="WORDS", help="The name that they signed with.")
    ] = None
    drawn: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The signature that they drew.")
    ] = None
    witness: Annotated[
        str | None, typer.Option(metavar="WORDS", help="Who was there when they consented.")
    ] = None
    basis: Annotated[
        str | None,
        typer.Option(metavar="WORDS", help="Not consent: the other legal basis, in words."),
    ] = None
    version: Annotated[
        int | None, typer.Option(metavar="N", help="Of the text; the newest if none is named.")
    ] = None


def run_consent(args: HubListOptions) -> int:
    """Everybody, by name, and which consent of theirs counts."""
    with opened_hub(args) as hub:
        listed = hub.consents.listed()
    if args.json:
        for one in listed:
            print_json(_consent_json(one))
    elif listed:
        print_table(("NAME", "CONSENT", "TEXT", "GIVEN", "COUNTS UNTIL"), map(_cells, listed))
    else:
        print("Nobody is enrolled at this site.")
    return 0


def _cells(one: "PersonConsent") -> tuple[str, ...]:
    if one.current is None:
        return printable(one.name), "none", NONE, NONE, NONE
    current = one.current
    version = NONE if current.version is None else str(current.version)
    until = "withdrawn" if one.until is None else f"{local_time(one.until):%Y-%m-%d %H:%M}"
    given = f"{local_time(current.time):%Y-%m-%d %H:%M}"
    return printable(one.name), current.how.value, version, given, until


def _consent_json(one: "PersonConsent") -> Mapping[str, Any]:
    current = one.current
    return {
        "person": one.name,
        "id": one.person,
        "how": None if current is None else current.how.value,
        "version": None if current is None else current.version,
        "given": None if current is None else iso_time(current.time),
        "until": None if one.until is None else iso_time(one.until),
    }


def run_consent_text(args: HubConsentTextOptions) -> int:
    if args.again != (args.until is not None):
        raise InputError("--again goes with --until DAY, the last day of earlier consents.")
    if args.file is None:
        return _print_text(args)
    until = None if args.until is None else ending(args.until, None)
    content = read_given(args.file)
    with opened_hub(args) as hub:
        text = hub.consents.add_text(content, who_operates(), until)
    print(f"Version {text.version} of the text of consent; SHA-256 {text.digest.hex()}.")
    if until is not None:
        print(f"Consents to earlier versions count until {local_time(until):%Y-%m-%d %H:%M}.")
    return 0


def _print_text(args: HubConsentTextOptions) -> int:
    if args.again:
        raise InputError("--again asks everybody anew for a new text: name its FILE.")
    with opened_hub(args) as hub:
        texts = hub.consents.texts()
    if not texts:
        raise InputError("There is no text of consent yet; name the FILE of one.")
    print(texts[-1].text, end="" if texts[-1].text.endswith("\n") else "\n")
    return 0


def run_consent_give(args: HubConsentGiveOptions) -> int:
    given = _given(args)
    with opened_hub(args) as hub:
        record = hub.consents.give(args.name, given, who_operates(), args.version)
    what = "another legal basis" if record.version is None else f"version {record.version}"
    print(f"On record for {printable(args.name)}: {what}, {record.how.value}.")
    return 0


def _given(args: HubConsentGiveOptions) -> "GivenConsent":
    from accessctl.policy.consent import ConsentWay, GivenConsent

    words = {
        ConsentWay.TYPED_NAME: args.typed,
        ConsentWay.WITNESS: args.witness,
        ConsentWay.OTHER_BASIS: args.basis,
    }
    found = [GivenConsent(how, said) for how, said in words.items() if said is not None]
    if args.drawn is not None:
        found.append(GivenConsent(ConsentWay.DRAWN, strokes=read_given(args.drawn)))
    if len(found) != 1:
        raise InputError("Name one of --typed, --drawn, --witness and --basis.")
    return found[0]


def run_consent_withdraw(args: HubPersonOptions) -> int:
    with opened_hub(args) as hub:
        person = hub.consents.withdraw(args.name, who_operates())
    print(f"{printable(args.name)} is removed from the site and gone from every door that is told.")
    print(f"Proof, once the doors have signed: accessctl hub removal {person} --certificate FILE")
    return 0


def show_expiring(state: "ExpiryState", args: HubListOptions) -> int:
    """Who is near their end, a line each."""
    if args.json:
        for one in state.people:
            print_json(_expiring_json(one))
        return 0
    if state.people:
        head = ("NAME", "LAST LET IN OR ENROLLED", "WHAT", "WHEN")
        print_table(head, map(_expiring_cells, state.people))
    else:
        print("Nobody is near the end of hub.expire_after_days.")
    _print_waiting(state)
    return 0


def _print_waiting(state: "ExpiryState") -> None:
    if state.behind:
        names = printable(", ".join(state.behind))
        print(f"Nobody is disabled before the logs of these doors are here: {names}.")
    elif state.heard is not None:
        print(f"All doors' logs are here up to {local_time(state.heard):%Y-%m-%d %H:%M}.")


def _expiring_cells(one: "ExpiringPerson") -> tuple[str, ...]:
    seen, ends = (f"{local_time(time):%Y-%m-%d}" for time in (one.seen, one.ends))
    what = "disabled, is removed" if one.is_disabled else "is disabled"
    return printable(one.name), seen, what, ends


def _expiring_json(one: "ExpiringPerson") -> Mapping[str, Any]:
    return {
        "person": one.name,
        "id": one.person,
        "seen": iso_time(one.seen),
        "disabled": one.is_disabled,
        "ends": iso_time(one.ends),
    }


def run_keep(args: HubPersonOptions) -> int:
    with opened_hub(args) as hub:
        hub.expiry.keep(args.name, who_operates())
    print(f"{printable(args.name)} is kept: their absence counts from now on.")
    return 0


def who_operates() -> str:
    """Who is at the keyboard, for the record."""
    return operator(os.environ, os.getuid())


def iso_time(epoch: float) -> str:
    """Local time with its offset."""
    return local_time(epoch).isoformat(timespec="seconds")


def read_given(path: Path) -> bytes:
    """InputError for what cannot be read; of a file that is too large a little more than may be."""
    try:
        if not path.is_file():
            raise InputError(f"{path} is not a file; name another one.")
        return read_bounded(path)
    except OSError as error:
        raise FaultError(f"{path} cannot be read ({error.strerror}).") from error


CONSENT = Verb(
    run_consent,
    HubListOptions,
    "Lists everybody at the site and which consent of theirs counts: to which version of the text, "
    "how it was given, and until when it counts.",
    ("accessctl hub consent", "accessctl hub consent --json"),
)
TEXT = Verb(
    run_consent_text,
    HubConsentTextOptions,
    "Makes a file the next version of what people consent to, or prints the newest one. Earlier "
    "consents count on, unless --again asks everybody anew: then they count up to the day --until.",
    (
        "accessctl hub consent text consent.txt",
        "accessctl hub consent text consent.txt --again --until 2027-03-31",
    ),
)
GIVE = Verb(
    run_consent_give,
    HubConsentGiveOptions,
    "Puts somebody's consent on record: the name that they typed, the signature that they drew, or "
    "who witnessed it; or the other legal basis on which the site keeps their data.",
    (
        'accessctl hub consent give Grace --typed "Grace Example"',
        'accessctl hub consent give Grace --basis "employment contract, section 4"',
    ),
)
WITHDRAW = Verb(
    run_consent_withdraw,
    HubPersonOptions,
    "Withdraws somebody's consent: they are gone from the site and from every door as soon as it "
    "hears of it, and each door signs for it.",
    ("accessctl hub consent withdraw Grace",),
)
KEEP = Verb(
    run_keep,
    HubPersonOptions,
    "Counts somebody's absence from now on, and enables them again where they were disabled.",
    ("accessctl hub keep Grace",),
)
