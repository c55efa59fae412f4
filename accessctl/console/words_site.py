"""The words of the pages for operators and for the site."""

from collections.abc import Mapping

from accessctl.console.words import Phrase

SITE: Mapping[str, Phrase] = {
    "operators.invite": Phrase("Invite", "Einladen"),
    "operators.invited": Phrase("{name} is invited", "{name} ist eingeladen"),
    "operators.hand_over": Phrase(
        "Hand this over now; it counts once, and for 15 minutes. It is not shown again.",
        "Geben Sie das jetzt weiter; es gilt einmal und 15 Minuten lang. Es wird nicht "
        "noch einmal gezeigt.",
    ),
    "operators.signs_in": Phrase("Signs in by", "Meldet sich an mit"),
    "operators.not_yet": Phrase("nothing yet", "noch nichts"),
    "operators.until": Phrase("invited until", "eingeladen bis"),
    "operators.email": Phrase(
        "Email address at your organisation (for its sign-on)",
        "E-Mail-Adresse in Ihrer Organisation (für deren Anmeldung)",
    ),
    "operators.again": Phrase("Invite anew", "Neu einladen"),
    "operators.again_what": Phrase(
        "Whoever is invited anew loses what they signed in with once they take the invitation.",
        "Wer neu eingeladen wird, verliert mit der Annahme alles, womit er sich bisher "
        "angemeldet hat.",
    ),
    "operators.remove": Phrase("Remove this operator", "Entfernen"),
    "capability.look": Phrase("look", "ansehen"),
    "capability.look_what": Phrase(
        "see doors, events and who is enrolled",
        "Türen, Ereignisse und erfasste Personen sehen",
    ),
    "capability.enrol": Phrase("enrol", "erfassen"),
    "capability.enrol_what": Phrase(
        "add people and photos, change names, badges, PINs and visitors' passes",
        "Personen und Fotos aufnehmen, Namen, Ausweise, PINs und Besucherausweise ändern",
    ),
    "capability.rules": Phrase("rules", "Regeln"),
    "capability.rules_what": Phrase(
        "say who may pass where and when",
        "festlegen, wer wann wo hindurch darf",
    ),
    "capability.command": Phrase("command", "steuern"),
    "capability.command_what": Phrase(
        "have a door open or lock down now",
        "eine Tür jetzt öffnen oder sperren",
    ),
    "capability.privacy": Phrase("privacy", "Datenschutz"),
    "capability.privacy_what": Phrase(
        "give out and remove what is kept of a person, see photos",
        "Auskunft geben, Daten einer Person löschen, Fotos sehen",
    ),
    "capability.operators": Phrase("operators", "Bedienende"),
    "capability.operators_what": Phrase(
        "invite operators, change what they may, remove them",
        "Bedienende einladen, ihre Rechte ändern, sie entfernen",
    ),
    "capability.site": Phrase("site", "Anlage"),
    "capability.site_what": Phrase(
        "let doors join, revoke them, check the records",
        "Türen aufnehmen, sperren, Aufzeichnungen prüfen",
    ),
    "site.invited": Phrase("{name} is invited", "{name} ist eingeladen"),
    "site.at_the_door": Phrase(
        "At the door, which asks for the code:",
        "An der Tür, die nach dem Code fragt:",
    ),
    "site.code": Phrase("Code, once and until {until}:", "Code, einmal und bis {until}:"),
    "site.door": Phrase("Door", "Tür"),
    "site.state": Phrase("State", "Zustand"),
    "site.is_joined": Phrase("joined", "aufgenommen"),
    "site.is_revoked": Phrase("revoked", "gesperrt"),
    "site.seen": Phrase("Last heard", "Zuletzt gehört"),
    "site.certificate": Phrase("Certificate until", "Zertifikat bis"),
    "site.records": Phrase("Records", "Aufzeichnungen"),
    "site.alarms": Phrase("Alarms", "Alarme"),
    "site.no_alarm": Phrase(
        "No door's log has given cause for alarm.",
        "Kein Protokoll einer Tür gab Anlass zu einem Alarm.",
    ),
    "site.more_alarms": Phrase(
        "{count} older alarm is not listed. | {count} older alarms are not listed.",
        "{count} älterer Alarm steht nicht da. | {count} ältere Alarme stehen nicht da.",
    ),
    "site.no_door": Phrase("No door has joined yet.", "Noch ist keine Tür aufgenommen."),
    "site.revoke": Phrase("Revoke", "Sperren"),
    "site.invite": Phrase("Let a door join", "Eine Tür aufnehmen"),
    "site.verify": Phrase("Check all records", "Alle Aufzeichnungen prüfen"),
    "site.verify_what": Phrase(
        "Reads all records of all doors and the hub's own journal again. That may take minutes.",
        "Liest alle Aufzeichnungen aller Türen und das Journal des Hubs noch einmal. Das "
        "kann Minuten dauern.",
    ),
    "site.verifying": Phrase(
        "A check is under way; wait for it.",
        "Eine Prüfung läuft schon; warten Sie auf sie.",
    ),
    "site.verified": Phrase(
        "{records} records of {doors} doors and {journal} of the hub's journal were read.",
        "{records} Aufzeichnungen von {doors} Türen und {journal} des Journals wurden gelesen.",
    ),
    "site.whole": Phrase("All chains are whole.", "Alle Ketten sind unversehrt."),
    "site.record_of_journal": Phrase(
        "Record {number} of the hub's journal", "Eintrag {number} im Journal des Hubs"
    ),
    "site.lead": Phrase(
        "The hub runs accessctl {version}. A door that runs another version, was not heard of, or "
        "whose certificate is about to run out is marked.",
        "Der Hub läuft mit accessctl {version}. Markiert ist jede Tür mit anderer Version, die "
        "schweigt oder deren Zertifikat bald abläuft.",
    ),
    "site.software": Phrase("Software", "Software"),
    "site.encoder": Phrase("Encoder", "Encoder"),
    "site.not_said": Phrase("not said", "nicht gesagt"),
    "site.renewed": Phrase(
        "A door renews its certificate by itself when a third of its life is left. One that ran "
        "out: revoke the door and let it join again.",
        "Eine Tür erneuert ihr Zertifikat selbst, wenn ein Drittel der Frist übrig ist. Ist eines "
        "abgelaufen: die Tür sperren und neu aufnehmen.",
    ),
    "site.revoke_what": Phrase(
        "For good: its certificate counts no more, and the site's key is replaced.",
        "Endgültig: ihr Zertifikat gilt nicht mehr, und der Schlüssel der Anlage wird ersetzt.",
    ),
    "site.shown_once": Phrase(
        "It is not shown again; an invitation that was lost is made anew.",
        "Es wird nicht noch einmal gezeigt; eine verlorene Einladung wird neu gemacht.",
    ),
    "site.hub_backups": Phrase("Backups of the hub", "Sicherungen des Hubs"),
    "site.hub_backups_what": Phrase(
        "The latest five, as they were begun on the hub's machine, the newest first. One is made "
        "by:",
        "Die letzten fünf, wie sie am Rechner des Hubs begonnen wurden, die neueste zuerst. So "
        "entsteht eine:",
    ),
    "site.no_hub_backup": Phrase("None was ever made", "Es gibt noch keine"),
    "site.backups": Phrase("Backups of doors", "Sicherungen der Türen"),
    "site.backups_what": Phrase(
        "The latest twenty of the last 90 days, as the doors wrote them down. Whoever was removed "
        "since is still in them.",
        "Die letzten zwanzig aus 90 Tagen, wie die Türen sie vermerkt haben. Wer seither "
        "entfernt wurde, ist darin noch enthalten.",
    ),
    "site.no_backup": Phrase(
        "No door has written down a backup.",
        "Keine Tür hat eine Sicherung vermerkt.",
    ),
    "site.fingerprint": Phrase(
        "Fingerprint of the hub's authority",
        "Fingerabdruck der Zertifikatsstelle des Hubs",
    ),
}
