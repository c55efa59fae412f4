"""What dates, the rules of a site and consents are refused for, by rules that the console shares
with the command line: see words.Sentence."""

from collections.abc import Sequence

from accessctl.console.words import Sentence

DATES: Sequence[Sentence] = (
    Sentence(
        "{text} is not a date; write 2026-01-31 or 2026-01-31T18:30.",
        "{text} ist kein Datum; 2026-01-31 oder 2026-01-31T18:30 schreiben.",
    ),
    Sentence(
        "{text} is no moment; write a date such as 2026-01-31.",
        "{text} ist kein Zeitpunkt; ein Datum wie 2026-01-31 schreiben.",
    ),
    Sentence(
        "{moment} is before 1970; write a date of this century.",
        "{moment} ist vor 1970; ein Datum dieses Jahrhunderts schreiben.",
    ),
    Sentence(
        "{moment} is too far away; write a date of this century.",
        "{moment} ist zu weit weg; ein Datum dieses Jahrhunderts schreiben.",
    ),
    Sentence(
        "The rules would end before they begin; give a later end.",
        "Die Regeln endeten, bevor sie beginnen; ein späteres Ende angeben.",
    ),
    Sentence(
        "A person can be in {most} groups, not {count}.",
        "Eine Person kann in {most} Gruppen sein, nicht in {count}.",
    ),
    Sentence(
        "A group's name has 1 to {most} characters, not {name}.",
        "Der Name einer Gruppe hat 1 bis {most} Zeichen, nicht {name}.",
    ),
    Sentence(
        "There is no group {group} in access.groups of the configuration ({known}).",
        "Die Gruppe {group} gibt es in den Regeln nicht ({known}).",
        "There is no group {group} in the rules ({known}).",
    ),
    Sentence("there are none yet", "es gibt noch keine"),
    Sentence(
        "Nobody expires at this site: all are kept.",
        "In dieser Anlage verfällt niemand: Alle bleiben.",
    ),
    Sentence(
        "After how long people expire was changed by somebody else meanwhile, and yours was not "
        "saved; load the page anew and make your change again.",
        "Die Fristen hat inzwischen jemand anderes geändert, Ihre wurden nicht gespeichert; die "
        "Seite neu laden und noch einmal ändern.",
    ),
    Sentence(
        "Whoever stays away is disabled after 1 to {most} days, or never.",
        "Wer wegbleibt, wird nach 1 bis {most} Tagen gesperrt oder nie.",
    ),
    Sentence(
        "Whoever is disabled is removed after 1 to {most} days.",
        "Wer gesperrt ist, wird nach 1 bis {most} Tagen entfernt.",
    ),
    Sentence(
        "People are listed 0 to {most} days before.",
        "Personen stehen 0 bis {most} Tage vorher auf der Liste.",
    ),
)

SITE_RULES: Sequence[Sentence] = (
    Sentence(
        "The rules were changed by somebody else meanwhile, and yours were not saved; load the "
        "page anew and make your change again.",
        "Die Regeln hat inzwischen jemand anderes geändert, Ihre wurden nicht gespeichert; die "
        "Seite neu laden und noch einmal ändern.",
    ),
    Sentence(
        "What they may do was changed by somebody else meanwhile, and yours was not saved; load "
        "the page anew and make your change again.",
        "Die Rechte hat inzwischen jemand anderes geändert, Ihre Änderung wurde nicht gespeichert; "
        "die Seite neu laden und noch einmal ändern.",
    ),
    Sentence("The rules cannot be used: {why}.", "Die Regeln sind nicht zu gebrauchen: {why}."),
    Sentence("The rules cannot be used: {why}", "Die Regeln sind nicht zu gebrauchen: {why}"),
    Sentence(
        "{place}: Input should be a valid date or datetime, {why}",
        "{place}: ein Datum wie 2026-12-25 schreiben",
        "{place}: write a date such as 2026-12-25",
    ),
    Sentence(
        "{place}: Tuple should have at least 1 item after validation, not 0",
        "{place}: mindestens einen Tag wählen",
        "{place}: choose at least one day",
    ),
    Sentence(
        "{place}: Input should be less than or equal to 1440",
        "{place}: der Tag endet um 24:00",
        "{place}: the day ends at 24:00",
    ),
    Sentence("{place}: Value error, {why}", "{place}: {why}", "{place}: {why}"),
    Sentence("Value error, {why}", "{why}", "{why}"),
    Sentence(
        "write a time of day as 08:30, or 24:00 for the end of the day",
        "eine Uhrzeit als 08:30 schreiben, oder 24:00 für das Ende des Tages",
    ),
    Sentence(
        "schedules and holidays need access.timezone, e.g. Europe/Berlin",
        "Wochen und Feiertage brauchen eine Zeitzone, etwa Europe/Berlin",
        "weeks and holidays need a time zone, such as Europe/Berlin",
    ),
    Sentence(
        "group {group} names the schedule {schedule}, not there",
        "die Gruppe {group} nennt die Woche {schedule}, die es nicht gibt",
        "group {group} names the week {schedule}, which is not there",
    ),
    Sentence(
        "{name} is no time zone; write one such as Europe/Berlin",
        "{name} ist keine Zeitzone; eine wie Europe/Berlin schreiben",
    ),
    Sentence(
        "the name {name} of {kind} must not hold a character that is not seen",
        "der Name {name} darf kein Zeichen enthalten, das man nicht sieht ({kind})",
    ),
    Sentence(
        "the name {name} of {kind} must not look like {other}",
        "der Name {name} darf nicht aussehen wie {other} ({kind})",
    ),
)

CONSENTS: Sequence[Sentence] = (
    Sentence(
        "A text of consent has at most {most} bytes.",
        "Ein Einwilligungstext hat höchstens {most} Bytes.",
    ),
    Sentence(
        "A text of consent is plain text, and says something.",
        "Ein Einwilligungstext ist reiner Text und sagt etwas.",
    ),
    Sentence(
        "A text of consent is a text file in UTF-8.",
        "Ein Einwilligungstext ist eine Textdatei in UTF-8.",
    ),
    Sentence(
        "There is no text to consent to yet; make one with: accessctl hub consent text FILE",
        "Es gibt noch keinen Text, in den man einwilligt; unter „Einwilligung und Aufbewahrung“ "
        "einen machen.",
        'There is no text to consent to yet; make one at "Consent and retention".',
    ),
    Sentence(
        "There is no version {chosen} of the text; the newest is {newest}.",
        "Fassung {chosen} des Textes gibt es nicht; die neueste ist {newest}.",
    ),
    Sentence(
        "Version {chosen} of the text counts no more; take the newest.",
        "Fassung {chosen} des Textes gilt nicht mehr; die neueste nehmen.",
    ),
    Sentence(
        "The day until which earlier consents count is past; name one that is to come, so that "
        "there is time to ask everybody.",
        "Der Tag, bis zu dem frühere Einwilligungen gelten, ist vorbei; einen künftigen nennen, "
        "damit Zeit bleibt, alle zu fragen.",
    ),
    Sentence(
        "No consent of {name} is kept that could be withdrawn; remove them instead: accessctl hub "
        "people remove NAME",
        "Von {name} gibt es keine Einwilligung, die zu widerrufen wäre; stattdessen die Person "
        "entfernen.",
        "No consent of {name} is kept that could be withdrawn; remove them instead.",
    ),
    Sentence(
        "These very words are version {number} already.",
        "Genau dieser Wortlaut ist schon Fassung {number}.",
    ),
    Sentence(
        "A name or a legal basis has at most {most} characters, on one line.",
        "Ein Name oder eine Rechtsgrundlage hat höchstens {most} Zeichen in einer Zeile.",
    ),
    Sentence(
        "A drawn signature has at most {most} bytes.",
        "Eine Unterschrift hat höchstens {most} Bytes.",
    ),
    Sentence(
        "A drawn signature is kept as its file's bytes, and no other consent is.",
        "Nur eine gezeichnete Unterschrift wird als Datei behalten, keine andere Einwilligung.",
    ),
    Sentence(
        "Say who signed or witnessed it, or which other legal basis there is.",
        "Angeben, wer unterschrieben oder bezeugt hat, oder welche andere Rechtsgrundlage es gibt.",
    ),
    Sentence(
        "The drawn signature cannot be read; clear it and sign again.",
        "Die Unterschrift ist nicht zu lesen; löschen und noch einmal unterschreiben.",
    ),
    Sentence(
        "A drawn signature has at most {strokes} strokes and {points} points; clear it and sign "
        "again.",
        "Eine Unterschrift hat höchstens {strokes} Striche und {points} Punkte; löschen und noch "
        "einmal unterschreiben.",
    ),
    Sentence(
        "The drawn signature leaves its field; clear it and sign again.",
        "Die Unterschrift geht über ihr Feld hinaus; löschen und noch einmal unterschreiben.",
    ),
    Sentence(
        "A dot is no signature; clear it and sign again, or only type your name.",
        "Ein Punkt ist keine Unterschrift; löschen und noch einmal unterschreiben, oder nur den "
        "Namen eintippen.",
    ),
)

SETTINGS: Sequence[Sentence] = (*DATES, *SITE_RULES, *CONSENTS)
