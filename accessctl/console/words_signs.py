"""What doors say in single words: outcomes, reasons, states, cues."""

from collections.abc import Mapping

from accessctl.console.words import Phrase

SIGNS: Mapping[str, Phrase] = {
    "outcome.granted": Phrase("Granted", "Gewährt"),
    "outcome.denied": Phrase("Denied", "Verweigert"),
    "outcome.unknown": Phrase("Unknown", "Unbekannt"),
    "kind.decision": Phrase("Decision", "Entscheidung"),
    "kind.action": Phrase("Action", "Aktion"),
    "kind.person": Phrase("Person", "Person"),
    "kind.service": Phrase("Service", "Dienst"),
    "kind.doorway": Phrase("Doorway", "Durchgang"),
    "reason.matched": Phrase("recognised", "erkannt"),
    "reason.cooldown": Phrase("was let in just before", "wurde eben erst eingelassen"),
    "reason.no_match": Phrase(
        "looks like nobody enrolled", "gleicht niemandem, der hinterlegt ist"
    ),
    "reason.ambiguous": Phrase("looks like several people", "gleicht mehreren Personen"),
    "reason.disagreement": Phrase("the pictures disagree", "die Bilder widersprechen sich"),
    "reason.left_early": Phrase("left too soon", "ging zu früh"),
    "reason.empty_gallery": Phrase("nobody is enrolled", "niemand ist hinterlegt"),
    "reason.no_record": Phrase("could not be written down", "konnte nicht aufgeschrieben werden"),
    "reason.disabled": Phrase("this person is disabled", "diese Person ist gesperrt"),
    "reason.not_yet_valid": Phrase("not valid yet", "noch nicht gültig"),
    "reason.expired": Phrase("no longer valid", "nicht mehr gültig"),
    "reason.outside_schedule": Phrase("outside their hours", "außerhalb der erlaubten Zeit"),
    "reason.wrong_door": Phrase("not allowed at this door", "an dieser Tür nicht erlaubt"),
    "reason.locked_out": Phrase("faces are locked out", "Gesichter sind gesperrt"),
    "reason.not_live": Phrase("not a living face", "kein lebendes Gesicht"),
    "reason.liveness_undecided": Phrase(
        "showed no sign of life in time", "zeigte nicht rechtzeitig, dass es lebt"
    ),
    "reason.no_gesture": Phrase("did not make the gesture", "machte die Geste nicht"),
    "reason.second_factor_missing": Phrase("second factor not given", "zweiter Faktor fehlt"),
    "reason.second_factor_wrong": Phrase("second factor wrong", "zweiter Faktor falsch"),
    "reason.passback": Phrase("went in already and not out", "ging schon hinein und nicht hinaus"),
    "reason.two_faces": Phrase("several people at the door", "mehrere Personen an der Tür"),
    "reason.watching_only": Phrase(
        "another device acts for this door", "ein anderes Gerät handelt für diese Tür"
    ),
    "reason.gallery_stale": Phrase(
        "the door has not heard from the hub", "die Tür hat nichts vom Hub gehört"
    ),
    "reason.rules_stale": Phrase(
        "the door has been without the hub for too long", "die Tür ist zu lange ohne den Hub"
    ),
    "reason.gallery_unaccepted": Phrase(
        "the people at the door were not accepted", "die Personen der Tür sind nicht angenommen"
    ),
    "reason.locked_down": Phrase("the door is locked down", "die Tür ist verriegelt"),
    "reason.face_entry_off": Phrase("face entry is off", "Eintritt mit Gesicht ist aus"),
    "reason.interlock": Phrase("the other door is not shut", "die andere Tür ist nicht zu"),
    "reason.badge_mismatch": Phrase(
        "face and badge do not fit", "Gesicht und Ausweis passen nicht"
    ),
    "reason.badge_required": Phrase("a badge is required", "ein Ausweis ist nötig"),
    "cue.continuity": Phrase("One face", "Ein Gesicht"),
    "cue.flipbook": Phrase("Flow of movement", "Fluss der Bewegung"),
    "cue.stillness": Phrase("Movement at rest", "Bewegung in Ruhe"),
    "cue.edges": Phrase("Rim of a picture", "Rand eines Bildes"),
    "cue.surroundings": Phrase("Surroundings", "Umgebung"),
    "cue.infrared": Phrase("Infrared", "Infrarot"),
    "cue.texture": Phrase("Skin and light", "Haut und Licht"),
    "cue.depth": Phrase("Depth", "Tiefe"),
    "cue.blink": Phrase("Blink", "Blinzeln"),
    "verdict.veto": Phrase("refused", "abgelehnt"),
    "verdict.doubt": Phrase("doubts", "zweifelt"),
    "verdict.confirm": Phrase("shows life", "zeigt Leben"),
    "verdict.clear": Phrase("nothing found", "nichts gefunden"),
    "verdict.undecided": Phrase("not enough to say", "zu wenig gesehen"),
    "posture.normal": Phrase("Normal", "Normal"),
    "posture.open_hours": Phrase("Open hours", "Öffnungszeit"),
    "posture.locked_down": Phrase("Locked down", "Verriegelt"),
    "posture.evacuation": Phrase("Evacuation", "Räumung"),
    "alarm.fork": Phrase("its log was rewritten", "ihr Protokoll wurde umgeschrieben"),
    "alarm.gap": Phrase("records are missing", "Einträge fehlen"),
    "alarm.rollback": Phrase("its log was put back", "ihr Protokoll wurde zurückgesetzt"),
    "alarm.broken": Phrase("a record is damaged", "ein Eintrag ist beschädigt"),
}
