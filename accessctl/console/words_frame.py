"""What stands round every page, and words that many share."""

from collections.abc import Mapping

from accessctl.console.words import Phrase

FRAME: Mapping[str, Phrase] = {
    "frame.name": Phrase("accessctl", "accessctl"),
    "frame.title": Phrase("{page} · accessctl", "{page} · accessctl"),
    "frame.doors": Phrase("Doors", "Türen"),
    "frame.events": Phrase("Events", "Ereignisse"),
    "frame.people": Phrase("People", "Personen"),
    "frame.rules": Phrase("Rules", "Regeln"),
    "frame.truth": Phrase("Figures", "Zahlen"),
    "frame.account": Phrase("Account:", "Konto:"),
    "frame.live": Phrase("Live", "Live"),
    "frame.paused": Phrase(
        "Not live: the hub does not answer", "Nicht live: der Hub antwortet nicht"
    ),
    "frame.failed": Phrase(
        "The hub does not answer; try again.", "Der Hub antwortet nicht; noch einmal versuchen."
    ),
    "frame.apply": Phrase("Apply", "Anwenden"),
    "frame.any": Phrase("Any", "Alle"),
    "frame.date": Phrase("{weekday}, {day} {month} {year}", "{weekday}, {day}. {month} {year}"),
    "frame.seconds": Phrase("{count} s", "{count} s"),
    "frame.minutes": Phrase("{count} min", "{count} min"),
    "frame.hours": Phrase("{count} h", "{count} h"),
    "frame.days": Phrase("{count} day | {count} days", "{count} Tag | {count} Tage"),
    "frame.ago": Phrase("{length} ago", "vor {length}"),
    "frame.never": Phrase("never", "nie"),
    "frame.nameless": Phrase("person {id}", "Person {id}"),
    "frame.zone": Phrase("Times in {zone}", "Zeiten in {zone}"),
    "frame.zone_of_hub": Phrase(
        "Times as the clock of the hub's machine; Rules has a time zone",
        "Zeiten nach der Uhr des Hub-Rechners; eine Zeitzone steht unter Regeln",
    ),
    "weekday.1": Phrase("Monday", "Montag"),
    "weekday.2": Phrase("Tuesday", "Dienstag"),
    "weekday.3": Phrase("Wednesday", "Mittwoch"),
    "weekday.4": Phrase("Thursday", "Donnerstag"),
    "weekday.5": Phrase("Friday", "Freitag"),
    "weekday.6": Phrase("Saturday", "Samstag"),
    "weekday.7": Phrase("Sunday", "Sonntag"),
    "weekday.short.mon": Phrase("Mon", "Mo"),
    "weekday.short.tue": Phrase("Tue", "Di"),
    "weekday.short.wed": Phrase("Wed", "Mi"),
    "weekday.short.thu": Phrase("Thu", "Do"),
    "weekday.short.fri": Phrase("Fri", "Fr"),
    "weekday.short.sat": Phrase("Sat", "Sa"),
    "weekday.short.sun": Phrase("Sun", "So"),
    "weekday.short.holiday": Phrase("Hol", "Feiert."),
    "month.1": Phrase("January", "Januar"),
    "month.2": Phrase("February", "Februar"),
    "month.3": Phrase("March", "März"),
    "month.4": Phrase("April", "April"),
    "month.5": Phrase("May", "Mai"),
    "month.6": Phrase("June", "Juni"),
    "month.7": Phrase("July", "Juli"),
    "month.8": Phrase("August", "August"),
    "month.9": Phrase("September", "September"),
    "month.10": Phrase("October", "Oktober"),
    "month.11": Phrase("November", "November"),
    "month.12": Phrase("December", "Dezember"),
}
