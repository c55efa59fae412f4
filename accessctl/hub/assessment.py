"""The template of a data protection impact assessment, filled with this site's figures.

It follows what GDPR Article 35(7) asks for: a description, necessity and proportion, the risks, and
what stands against them. Figures come from the hub; what only its owner can say is left open, and
marked so.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from accessctl.config import Config
from accessctl.encoder.card import load_card
from accessctl.errors import ModelError
from accessctl.hub.assessment_facts import DoorFigures, SiteFigures
from accessctl.hub.removal_certificate import KEPT
from accessctl.policy.expiry import DAY_S

TO_FILL = "**To be filled in by whoever is responsible.**"
NO_FIGURE = "none is known here"


def assessment(figures: SiteFigures, config: Config) -> str:
    """Markdown. `config` is the hub's; of a card that cannot be read it says so."""
    parts = (
        _head(figures),
        _description(figures, config),
        _necessity(figures, config),
        _measured(figures, config),
        _measures(figures),
        _open_points(figures),
    )
    return "\n".join(line for part in parts for line in part) + "\n"


def _head(figures: SiteFigures) -> Iterator[str]:
    yield "# Impact assessment of the face doors of this site"
    yield ""
    yield (
        f"Filled by `accessctl hub assessment` on {_moment(figures.made)} from the hub "
        f"{figures.fingerprint}. Each figure was read from it then; none was typed. This is a "
        "template, and no legal advice."
    )
    yield ""
    yield f"Controller, contact, data protection officer: {TO_FILL}"
    yield ""


def _description(figures: SiteFigures, config: Config) -> Iterator[str]:
    yield "## 1. What is done (Article 35(7)(a))"
    yield ""
    yield (
        "Doors with a camera compare the face of whoever stands before them with the templates of "
        "enrolled people, look for signs of life, and open for those who may enter. That is "
        "processing of biometric data to identify people uniquely (Article 9(1))."
    )
    yield ""
    yield f"Purpose: {TO_FILL}"
    yield ""
    joined = sum(door.is_joined for door in figures.doors)
    yield from _table(
        ("what is kept", "how many"),
        {
            "people enrolled": _number(figures.people),
            "photos, and pictures of them at the hub": f"{figures.photos:,}, {figures.pictures:,}",
            "templates by encoder": _counted(_short(figures.templates)),
            "people with a PIN; badges": f"{figures.with_pin:,}; {figures.badges:,}",
            "doors joined; revoked": f"{joined:,}; {len(figures.doors) - joined:,}",
            "records of doors' logs": _number(sum(door.records for door in figures.doors)),
            "records of the hub's journal": _number(figures.audit.journal),
            "people removed so far": _number(figures.removals),
        },
    )
    yield "How long:"
    yield ""
    after, remove = figures.spans.disable_after, figures.spans.remove_after
    yield (
        "- People: until they are removed; nobody expires."
        if after is None
        else f"- People: disabled after {after / DAY_S:g} days without being let in, removed "
        f"{remove / DAY_S:g} days later; {figures.expiring:,} are near that now."
    )
    yield "- Records at the hub: kept without end; the oldest of each door stands below."
    yield (
        f"- Records at a door: `audit.retention.days` is {_span(config.audit.retention.days)} in "
        "the hub's configuration; each door has its own, which the hub does not know."
    )
    yield f"- Of somebody removed: {'; '.join(KEPT)}."
    yield ""


def _necessity(figures: SiteFigures, config: Config) -> Iterator[str]:
    yield "## 2. Necessity and proportion (Article 35(7)(b))"
    yield ""
    yield f"Why a key, a card or a PIN alone is not enough here: {TO_FILL}"
    yield ""
    yield f"Legal basis, and the exception of Article 9(2) that it rests on: {TO_FILL}"
    yield ""
    newest = "there is none" if figures.text_version is None else f"version {figures.text_version}"
    yield from _table(
        ("consent", "figure"),
        {
            "`hub.consent`": config.hub.consent,
            "newest text": newest,
            "people by how consent was given": _counted(figures.consents),
            "sent to no door, by the cause": _counted(figures.withheld),
        },
    )
    yield (
        "A consent is free only where another way in is open to whoever refuses (Article 7(4)); "
        f"which one that is: {TO_FILL}"
    )
    yield ""


def _measured(figures: SiteFigures, config: Config) -> Iterator[str]:
    yield "## 3. Risks for the people concerned (Article 35(7)(c)), as far as they are measured"
    yield ""
    yield (
        f"A stranger is let in at most this often, as is stated: {config.policy.target_fpir:g} a "
        f"visit of {config.policy.attempts} attempts (`policy` in the hub's configuration)."
    )
    yield ""
    yield f"Encoder named in the hub's configuration: {_card(config)}"
    yield ""
    for door in figures.doors:
        yield from _door(door)
    if not figures.doors:
        yield "No door has joined yet."
        yield ""
    yield (
        "Unequal error rates between groups of people, and what a false refusal means for whoever "
        f"is refused: {TO_FILL}"
    )
    yield ""


def _door(door: DoorFigures) -> Iterator[str]:
    yield f"### {door.name}{'' if door.is_joined else ' (revoked)'}"
    yield ""
    groups = "everybody" if door.groups is None else ", ".join(door.groups) or "nobody"
    yield from _table(
        ("figure", "value"),
        {
            "last heard of": _when(door.seen),
            "whose data it has": groups,
            "records, the oldest of": f"{door.records:,}, {_when(door.oldest)}",
            "attempts by outcome": _counted(door.outcomes),
            "attempts that liveness ended": _counted(door.liveness),
            "encoders it was started with": ", ".join(one[:12] for one in door.encoders)
            or NO_FIGURE,
            "strangers, seen against stated": door.seen_here,
        },
    )


def _measures(figures: SiteFigures) -> Iterator[str]:
    yield "## 4. What stands against them (Article 35(7)(d))"
    yield ""
    place = "SQLite beside the hub's keys" if figures.is_embedded else "PostgreSQL"
    yield from _table(
        ("measure", "state"),
        {
            "people, photos, templates, signatures": "AES-256-GCM, each person under a key of "
            f"their own; {figures.generations} generation(s) of the site's key; {place}",
            "on the way": "TLS 1.3 with a certificate for each door; photos only the hub can open",
            "deletion": f"{figures.removals:,} removed; {len(figures.owing):,} of them still owed "
            f"a receipt, {sum(figures.owing.values()):,} receipts in all; {figures.lost:,} lost "
            "with doors that were revoked",
            "backups begun": f"{figures.backups:,}, sealed with a key of their own",
            "logs": _audit(figures),
        },
    )
    yield (
        "Who may see and change what at the hub's console is on record with each act; the "
        f"operators and their training: {TO_FILL}"
    )
    yield ""


def _audit(figures: SiteFigures) -> str:
    state = "all chains are whole" if figures.audit.is_sound else "NOT sound: accessctl hub verify"
    return (
        f"{figures.audit.records:,} records of {figures.audit.doors:,} doors were read again; "
        f"{state}; {figures.audit.alarms:,} alarms"
    )


def _open_points(figures: SiteFigures) -> Iterator[str]:
    """What these figures themselves give cause to ask."""
    yield "## 5. What the figures give cause to look at"
    yield ""
    without = figures.consents.get("none", 0)
    points = (
        (without, f"{without:,} people have no consent and no other legal basis on record."),
        (figures.spans.disable_after is None, "Nobody who stays away is ever removed."),
        (figures.owing, f"{len(figures.owing):,} removals are not signed for by every door."),
        (figures.lost, f"{figures.lost:,} receipts will never come: those doors were revoked."),
        (not figures.audit.is_sound, "The logs are not sound, or an alarm was raised."),
        (figures.text_version is None, "There is no text of consent."),
    )
    found = [f"- {sentence}" for is_so, sentence in points if is_so]
    yield from found or ["Nothing that the hub could see."]
    yield ""
    yield f"Views of the people concerned (Article 35(9)), decision, date of the review: {TO_FILL}"


def _card(config: Config) -> str:
    try:
        card = load_card(config.encoder.folder)
    except ModelError:
        return f"{config.encoder.folder.name}, whose card is not on the hub's machine."
    said = f"{card.name} {card.version} ({card.fingerprint[:12]}), {card.licence}."
    table = card.calibration
    if table is None:
        return f"{said} Its card states no rates."
    return (
        f"{said} Its card states false-match rates from 10^{table.log10_fmr[0]:.1f} to "
        f"10^{table.log10_fmr[-1]:.1f} a comparison (upper 95 % bound at the strictest "
        f"10^{table.log10_fmr_upper[-1]:.1f}), of {table.strangers} strangers, made by "
        f"`{table.made_by}` on {table.date}."
    )


def _table(head: tuple[str, str], rows: Mapping[str, str]) -> Iterator[str]:
    yield f"| {head[0]} | {head[1]} |"
    yield "|---|---|"
    for name, value in rows.items():
        yield f"| {name} | {value.replace('|', '/')} |"
    yield ""


def _short(counts: Mapping[str, int]) -> Mapping[str, int]:
    return {name[:12]: count for name, count in counts.items()}


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items())) or "none"


def _number(count: int) -> str:
    return f"{count:,}"


def _span(days: object) -> str:
    return "not set" if days is None else f"{days}"


def _when(epoch: float | None) -> str:
    return "never" if epoch is None else _moment(epoch)


def _moment(epoch: float) -> str:
    return f"{datetime.fromtimestamp(epoch, UTC):%Y-%m-%d %H:%M} UTC"
