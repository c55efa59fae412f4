"""The words of the doors' page."""

from collections.abc import Mapping

from accessctl.console.words import Phrase

DOORS: Mapping[str, Phrase] = {
    "doors.title": Phrase("Doors", "Türen"),
    "doors.lead": Phrase("How each door is now.", "Wie es jeder Tür gerade geht."),
    "doors.none": Phrase("No door has joined yet", "Noch keine Tür ist beigetreten"),
    "doors.none_hint": Phrase(
        "Invite one at the hub: accessctl hub invite front-door",
        "Beim Hub eine einladen: accessctl hub invite front-door",
    ),
    "doors.summary": Phrase("{count} door | {count} doors", "{count} Tür | {count} Türen"),
    "doors.summary_well": Phrase("All in order", "Alle in Ordnung"),
    "doors.summary_alarms": Phrase(
        "{count} alarm | {count} alarms", "{count} Alarm | {count} Alarme"
    ),
    "doors.summary_troubles": Phrase("{count} in trouble", "{count} gestört"),
    "doors.just_now": Phrase("just now", "gerade eben"),
    "doors.not_said": Phrase("not said", "nicht gemeldet"),
    "doors.is_granted": Phrase("In order", "In Ordnung"),
    "doors.gave_way": Phrase(
        "This picture gave way to one that you opened later; close others and show it again.",
        "Dieses Bild wich einem, das Sie später geöffnet haben; andere schließen und neu zeigen.",
    ),
    "doors.is_trouble": Phrase("In trouble", "Gestört"),
    "doors.is_alarm": Phrase("Alarm", "Alarm"),
    "doors.silent_for": Phrase("Not heard from for {length}", "Seit {length} nicht gehört"),
    "doors.never_heard": Phrase("Never heard from", "Noch nie gehört"),
    "doors.camera_lost": Phrase("Lost", "Verloren"),
    "doors.camera_flapping": Phrase("Comes and goes", "Kommt und geht"),
    "doors.camera_dark": Phrase("Dark", "Dunkel"),
    "doors.camera_covered": Phrase("Covered", "Verdeckt"),
    "doors.without_faces": Phrase("{posture}, faces off", "{posture}, Gesichter aus"),
    "doors.expires": Phrase("Certificate runs out {date}", "Zertifikat läuft ab {date}"),
    "doors.silent": Phrase("Silent", "Stumm"),
    "doors.heard": Phrase("Last heard", "Zuletzt gehört"),
    "doors.posture": Phrase("Posture", "Stellung"),
    "doors.camera": Phrase("Camera", "Kamera"),
    "doors.camera_well": Phrase("Sees", "Sieht"),
    "doors.leaf": Phrase("Door", "Tür"),
    "doors.leaf_open": Phrase("open", "offen"),
    "doors.leaf_shut": Phrase("shut", "zu"),
    "doors.liveness": Phrase("Liveness", "Lebenderkennung"),
    "doors.find": Phrase("Find a door", "Tür suchen"),
    "doors.only_ill": Phrase("Only with something the matter", "Nur mit Alarm oder Störung"),
    "doors.sifted": Phrase(
        "{count} of {all} doors are shown.", "{count} von {all} Türen zu sehen."
    ),
    "doors.set_up": Phrase("Posture and face entry", "Stellung und Eintritt mit Gesicht"),
    "doors.last": Phrase("Last decision", "Letzte Entscheidung"),
    "doors.no_decision": Phrase("none yet", "noch keine"),
    "doors.events": Phrase("Events of {door}", "Ereignisse von {door}"),
    "doors.log_alarm": Phrase("Its log: {problem}", "Ihr Protokoll: {problem}"),
    "doors.commands": Phrase("Commands", "Befehle"),
    "doors.unlock": Phrase("Unlock once", "Einmal öffnen"),
    "doors.set": Phrase("Set", "Setzen"),
    "doors.posture_of": Phrase("Posture of {door}", "Stellung von {door}"),
    "doors.open_for": Phrase("Open hours for {count} h", "Öffnungszeit für {count} h"),
    "doors.release": Phrase("End evacuation", "Räumung beenden"),
    "doors.faces": Phrase("Face entry", "Eintritt mit Gesicht"),
    "doors.on": Phrase("On", "An"),
    "doors.off": Phrase("Off", "Aus"),
    "doors.command_done": Phrase(
        "{door} did it and has it on record.", "{door} hat es ausgeführt und aufgeschrieben."
    ),
    "doors.command_refused": Phrase("Not done. {why}", "Nicht ausgeführt. {why}"),
    "doors.command_unanswered": Phrase(
        "{door} was told and did not answer; see its events for what it did.",
        "{door} hat den Befehl und antwortete nicht; was geschah, zeigen ihre Ereignisse.",
    ),
    "doors.live": Phrase("Live picture", "Live-Bild"),
    "doors.live_of": Phrase("Live picture of {door}", "Live-Bild von {door}"),
    "doors.live_waiting": Phrase("Waiting for the door's picture", "Warten auf das Bild der Tür"),
}
