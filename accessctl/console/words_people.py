"""The words of the pages of people."""

from collections.abc import Mapping

from accessctl.console.words import Phrase

PEOPLE: Mapping[str, Phrase] = {
    "people.title": Phrase("People", "Personen"),
    "people.count": Phrase(
        "{count} person is enrolled. | {count} people are enrolled.",
        "{count} Person ist hinterlegt. | {count} Personen sind hinterlegt.",
    ),
    "people.enrol": Phrase("Enrol somebody", "Jemanden hinterlegen"),
    "people.enrol_lead": Phrase(
        "One photo is enough: the face alone, well lit, from the front. More make it surer.",
        "Ein Foto genügt: das Gesicht allein, gut beleuchtet, von vorn. Mehr machen es sicherer.",
    ),
    "people.drop": Phrase(
        "Photos of one person, up to ten: choose or drop them here",
        "Fotos einer Person, bis zu zehn: hier wählen oder ablegen",
    ),
    "people.more_photos": Phrase("Add photos", "Fotos hinzufügen"),
    "people.fit": Phrase("Good", "Gut"),
    "people.unfit": Phrase("Cannot be used", "Unbrauchbar"),
    "people.search": Phrase("Name or group", "Name oder Gruppe"),
    "people.find": Phrase("Find", "Suchen"),
    "people.none": Phrase("Nobody is enrolled yet", "Noch ist niemand hinterlegt"),
    "people.none_hint": Phrase(
        "One photo of somebody is enough.",
        "Ein Foto von jemandem genügt.",
    ),
    "people.no_match": Phrase("Nobody is called so", "Niemand heißt so"),
    "people.no_match_hint": Phrase("Write a part of the name.", "Einen Teil des Namens schreiben."),
    "people.photos": Phrase("{count} photo | {count} photos", "{count} Foto | {count} Fotos"),
    "people.no_group": Phrase("no group", "keine Gruppe"),
    "people.valid": Phrase("May enter", "Darf hinein"),
    "people.disabled": Phrase("Disabled", "Gesperrt"),
    "people.not_yet": Phrase("Not yet", "Noch nicht"),
    "people.over": Phrase("Run out", "Abgelaufen"),
    "people.all_day": Phrase("all day", "den ganzen Tag"),
    "people.never": Phrase("never", "nie"),
    "people.week": Phrase("Week", "Woche"),
    "people.week_of": Phrase("When {name} may come in", "Wann {name} hinein darf"),
    "people.week_note": Phrase(
        "At a door that all of their groups allow.", "An einer Tür, die alle ihre Gruppen erlauben."
    ),
    "people.day": Phrase("Day", "Tag"),
    "people.hours": Phrase("Hours", "Zeiten"),
    "people.rules": Phrase("What they may", "Was sie dürfen"),
    "people.groups": Phrase("Groups", "Gruppen"),
    "people.no_groups_there": Phrase(
        "The site has no groups yet.", "Die Anlage hat noch keine Gruppen."
    ),
    "people.from": Phrase("Valid from", "Gültig ab"),
    "people.until": Phrase("Valid until", "Gültig bis"),
    "people.switch_off": Phrase("Disabled: may enter nowhere", "Gesperrt: darf nirgends hinein"),
    "people.name": Phrase("Name", "Name"),
    "people.rename": Phrase("Rename", "Umbenennen"),
    "people.enrolled": Phrase("Enrolled", "Hinterlegt"),
    "people.photo": Phrase(
        "Photo {number}, added {time}, quality {quality}",
        "Foto {number}, hinzugefügt {time}, Güte {quality}",
    ),
    "people.photos_title": Phrase("Photos", "Fotos"),
    "people.sealed": Phrase(
        "Photos are kept sealed; this page shows none.",
        "Fotos liegen versiegelt; diese Seite zeigt keine.",
    ),
    "people.sealed_shown": Phrase(
        "Photos are kept sealed. That you look at one is on record.",
        "Fotos liegen versiegelt. Dass Sie eines ansehen, wird vermerkt.",
    ),
    "people.show_photo": Phrase("Show", "Zeigen"),
    "people.photo_of": Phrase("Photo {number} of {name}", "Foto {number} von {name}"),
    "people.faces": Phrase("With faces (on record)", "Mit Gesichtern (wird vermerkt)"),
    "people.badges": Phrase("Badges", "Ausweise"),
    "people.no_badges": Phrase("No badge.", "Kein Ausweis."),
    "people.pin": Phrase("PIN", "PIN"),
    "people.has_pin": Phrase("A PIN is set.", "Eine PIN ist gesetzt."),
    "people.has_no_pin": Phrase("No PIN is set.", "Keine PIN ist gesetzt."),
    "people.take_away": Phrase("Take away", "Wegnehmen"),
    "people.take_away_what": Phrase("Take away {what}", "{what} wegnehmen"),
    "people.events": Phrase("Their events", "Ihre Ereignisse"),
    "people.misfit_like": Phrase(
        "{photo} looks like {name}, who is enrolled; nothing of it was kept. Check whom it shows, "
        "and choose another.",
        "{photo} gleicht {name}, bereits hinterlegt; davon wurde nichts behalten. Prüfen, wen es "
        "zeigt, und ein anderes wählen.",
    ),
    "people.misfit_own": Phrase(
        "{photo} does not show whom the other photos of this person show; nothing of it was kept. "
        "Check whom it shows, and choose another.",
        "{photo} zeigt nicht, wen die anderen Fotos dieser Person zeigen; davon wurde nichts "
        "behalten. Prüfen, wen es zeigt, und ein anderes wählen.",
    ),
    "people.remove": Phrase("Remove", "Entfernen"),
    "people.remove_what": Phrase(
        "Everything of {name} is erased, here and at all doors. It cannot be taken back. Type "
        "the name to remove them.",
        "Alles von {name} wird gelöscht, hier und an allen Türen. Das lässt sich nicht "
        "zurücknehmen. Zum Entfernen den Namen eintippen.",
    ),
    "people.damaged": Phrase("Damaged", "Beschädigt"),
    "people.damaged_what": Phrase(
        "What the hub keeps of these people cannot be read, not even their names. No door lets "
        "them in. Restore the hub from a backup, or remove them.",
        "Was der Hub von diesen Personen hat, ist nicht lesbar, auch ihr Name nicht. Keine Tür "
        "lässt sie ein. Den Hub aus einer Sicherung wiederherstellen oder sie entfernen.",
    ),
    "people.damaged_type": Phrase(
        "To remove them for good, paste the whole number {id}…",
        "Zum endgültigen Entfernen die ganze Nummer {id}… einfügen",
    ),
    "people.removed": Phrase("Removed people", "Entfernte Personen"),
    "people.removed_lead": Phrase(
        "Each door signs that it keeps nothing of them any more.",
        "Jede Tür unterschreibt, dass sie nichts mehr von ihnen hat.",
    ),
    "people.nobody_removed": Phrase("Nobody was removed.", "Niemand wurde entfernt."),
    "people.when": Phrase("When", "Wann"),
    "people.signed": Phrase("Signed by", "Unterschrieben von"),
    "people.owed": Phrase("Owed by", "Offen bei"),
    "people.lost": Phrase("Revoked before", "Vorher widerrufen"),
}
