"""`accessctl hub export`, `removal`, `verify-removal`, `assessment`: what a site owes
the people it knows or knew, and its proof of it."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from accessctl.cli.common import (
    ConfigOption,
    JsonOption,
    config_from,
    print_json,
)
from accessctl.cli.front import Verb
from accessctl.cli.hub import opened_hub
from accessctl.cli.hub_privacy import read_given, who_operates
from accessctl.errors import InputError
from accessctl.storage.files import new_private_file
from accessctl.storage.parsing import printable

PERSON_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, kw_only=True)
class HubExportOptions(ConfigOption):
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose data they are.")]
    file: Annotated[Path, typer.Argument(metavar="FILE.zip", help="A new file.")]


@dataclass(frozen=True, kw_only=True)
class HubRemovalOptions(ConfigOption, JsonOption):
    person: Annotated[str, typer.Argument(metavar="ID", help="Of the person who was removed.")]
    certificate: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the signed certificate there.")
    ] = None


@dataclass(frozen=True, kw_only=True)
class VerifyRemovalOptions(JsonOption):
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A certificate of deletion.")]
    fingerprint: Annotated[
        str | None,
        typer.Option(metavar="SHA256:...", help="What the hub's authority must have."),
    ] = None


@dataclass(frozen=True, kw_only=True)
class HubAssessmentOptions(ConfigOption):
    file: Annotated[Path, typer.Argument(metavar="FILE.md", help="A new file.")]


def run_export(args: HubExportOptions) -> int:
    from accessctl.hub.person_export import export_person

    with opened_hub(args) as hub:
        found = export_person(hub, args.name, args.file, who_operates())
    what = ", ".join(f"{count} {name}" for name, count in found.items())
    print(f"Wrote {printable(str(args.file))}: {what}. It is not encrypted.")
    return 0


def run_removal(args: HubRemovalOptions) -> int:
    """1 where a door still owes its receipt."""
    from accessctl.hub.removal_certificate import certificate_bytes, in_words

    with opened_hub(args) as hub:
        if PERSON_ID.fullmatch(args.person) is None:
            person = hub.people.person(args.person)
            raise InputError(
                f"{person.name} is still enrolled (id {person.id}); remove them first."
            )
        if args.certificate is None:
            facts = hub.certifier.facts(args.person)
        else:
            with new_private_file(args.certificate) as file:
                certificate = hub.certifier.certify(args.person, who_operates())
                file.write(certificate_bytes(certificate))
            facts = certificate.facts
    if args.json:
        print_json(facts.model_dump(mode="json", exclude={"authority"}))
    else:
        print(_printable_lines(in_words(facts)))
    return 1 if any(door.state == "owes" for door in facts.doors) else 0


def run_verify_removal(args: VerifyRemovalOptions) -> int:
    """0 where everything in it is signed as it says, and no door owes a receipt; else 1."""
    from accessctl.hub.removal_certificate import (
        in_words,
        read_certificate,
        told_of,
        verify_certificate,
    )

    certificate = read_certificate(read_given(args.file))
    fingerprint = verify_certificate(certificate)
    if args.fingerprint is not None and args.fingerprint.upper() != fingerprint:
        raise InputError(
            f"The certificate is of another hub: its authority's fingerprint is {fingerprint}."
        )
    if args.json:
        print_json({**told_of(certificate), "fingerprint": fingerprint})
    else:
        print(_printable_lines(in_words(certificate.facts)))
        print("Every signature in it is what it says. Compare the authority's fingerprint with")
        print(f"the one that the hub shows (`accessctl hub invite`): {fingerprint}")
    return 1 if any(door.state == "owes" for door in certificate.facts.doors) else 0


def run_assessment(args: HubAssessmentOptions) -> int:
    from accessctl.hub.assessment import assessment
    from accessctl.hub.assessment_facts import site_figures

    config = config_from(args)
    with opened_hub(args) as hub, new_private_file(args.file) as file:
        figures = site_figures(hub, config)
        file.write(assessment(figures, config).encode("utf-8"))
    print(f"Wrote {printable(str(args.file))}; what only you can say in it is marked.")
    return 0


def _printable_lines(lines: tuple[str, ...]) -> str:
    return "\n".join(map(printable, lines))


EXPORT = Verb(
    run_export,
    HubExportOptions,
    "Writes everything that the site keeps of one person into a zip, for them and for programs. "
    "That it was made is on record.",
    ("accessctl hub export Grace grace.zip",),
)
REMOVAL = Verb(
    run_removal,
    HubRemovalOptions,
    "Says what became of one removal, or writes a certificate of it: what was erased and when, "
    "each door's signed receipt, and which backups still hold it. It ends with 1 while a receipt "
    "is owed.",
    (
        "accessctl hub removal 0123456789abcdef0123456789abcdef",
        "accessctl hub removal 0123456789abcdef0123456789abcdef --certificate deletion.json",
    ),
)
VERIFY_REMOVAL = Verb(
    run_verify_removal,
    VerifyRemovalOptions,
    "Checks every signature in a certificate of deletion, on any machine and without the hub.",
    ("accessctl hub verify-removal deletion.json",),
)
ASSESSMENT = Verb(
    run_assessment,
    HubAssessmentOptions,
    "Writes the template of an impact assessment, filled with what this site's hub can measure.",
    ("accessctl hub assessment assessment.md",),
)
