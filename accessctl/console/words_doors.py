"""The words of the doors' page."""

from collections.abc import Mapping

from accessctl.console.words import Phrase

DOORS: Mapping[str, Phrase] = {
    "doors.title": Phrase("Doors", "Türen"),
    "doors.lead": Phrase("How each door is now.", "Wie es jeder Tür gerade geht."),
    "doors.none": Phrase("No door has joined yet", "Noch keine Tür ist beigetreten"),
    "doors.none_hint": Phrase(
        "Invite one at the hub: accessctl hub invite front-door",
        "Bei der Zentrale eine einladen: accessctl hub invite front-door",
    ),
    "doors.summary": Phrase("{count} door | {count} doors", "{count} Tür | {count} Türen"),
    "doors.summary_well": Phrase("all heard from", "von allen gehört"),
    "doors.summary_silent": Phrase("{count} silent", "{count} stumm"),
    "doors.summary_alarms": Phrase(
        "{count} alarm | {count} alarms", "{count} Alarm | {count} Alarme"
    ),
    "doors.here": Phrase("Connected", "Verbunden"),
    "doors.silent": Phrase("Silent", "Stumm"),
    "doors.revoked": Phrase("Revoked", "Widerrufen"),
    "doors.heard": Phrase("Last heard", "Zuletzt gehört"),
    "doors.posture": Phrase("Posture", "Stellung"),
    "doors.camera": Phrase("Camera", "Kamera"),
    "doors.camera_well": Phrase("sees", "sieht"),
    "doors.camera_unknown": Phrase("nothing said", "nichts gemeldet"),
    "doors.last": Phrase("Last decision", "Letzte Entscheidung"),
    "doors.no_decision": Phrase("none yet", "noch keine"),
    "doors.people": Phrase("People's state", "Stand der Personen"),
    "doors.current": Phrase("current", "aktuell"),
    "doors.stale": Phrase("out of date", "veraltet"),
    "doors.not_accepted": Phrase("not accepted", "nicht angenommen"),
    "doors.alarms": Phrase("Alarms", "Alarme"),
    "doors.no_alarms": Phrase("none", "keine"),
    "doors.certificate": Phrase("Certificate until", "Zertifikat bis"),
    "doors.records": Phrase(
        "{count} record | {count} records", "{count} Eintrag | {count} Einträge"
    ),
    "doors.events": Phrase("Events of {door}", "Ereignisse von {door}"),
    "doors.log_alarm": Phrase("Its log: {problem}", "Ihr Protokoll: {problem}"),
    "doors.commands": Phrase("Commands", "Befehle"),
    "doors.unlock": Phrase("Unlock once", "Einmal öffnen"),
    "doors.set_posture": Phrase("Set posture", "Stellung setzen"),
    "doors.face_on": Phrase("Face entry on", "Gesicht: an"),
    "doors.face_off": Phrase("Face entry off", "Gesicht: aus"),
    "doors.sent": Phrase("Done at {door}.", "An {door} ausgeführt."),
    "doors.live": Phrase("Live picture", "Live-Bild"),
    "doors.live_on": Phrase("Show live picture of {door}", "Live-Bild von {door} zeigen"),
    "doors.live_off": Phrase("Hide live picture of {door}", "Live-Bild von {door} ausblenden"),
    "doors.live_waiting": Phrase("Waiting for the door's picture", "Warten auf das Bild der Tür"),
}
