"""What doors say they are at, and what was changed of people."""

from collections.abc import Mapping

from accessctl.console.words import Phrase

STATES: Mapping[str, Phrase] = {
    "change.enrolled": Phrase("Enrolled", "Hinterlegt"),
    "change.photo_added": Phrase("Photo added", "Foto hinzugefügt"),
    "change.photo_removed": Phrase("Photo removed", "Foto entfernt"),
    "change.renamed": Phrase("Renamed", "Umbenannt"),
    "change.removed": Phrase("Removed", "Entfernt"),
    "change.rules_changed": Phrase("Rules changed", "Regeln geändert"),
    "change.pin_changed": Phrase("PIN changed", "PIN geändert"),
    "change.controller_number_changed": Phrase(
        "Controller number changed", "Nummer der Steuerung geändert"
    ),
    "change.badge_added": Phrase("Badge added", "Ausweis hinzugefügt"),
    "change.badge_removed": Phrase("Badge removed", "Ausweis entfernt"),
    "change.passback_forgiven": Phrase("Crossing forgiven", "Durchgang erlassen"),
    "change.face_unlocked": Phrase("Face unlocked", "Gesicht entsperrt"),
    "change.hub_added": Phrase("Came from the hub", "Vom Hub gekommen"),
    "change.hub_changed": Phrase("Changed by the hub", "Vom Hub geändert"),
    "change.hub_renamed": Phrase("Renamed by the hub", "Vom Hub umbenannt"),
    "change.hub_removed": Phrase("Removed by the hub", "Vom Hub entfernt"),
    "change.hub_restrained": Phrase(
        "May nothing until the hub's change is kept whole",
        "Darf nichts, bis die Änderung des Hubs ganz behalten ist",
    ),
    "change.hub_damaged": Phrase(
        "Damaged at the door, asked of the hub anew",
        "An der Tür beschädigt, beim Hub neu angefragt",
    ),
    "change.hub_kept_out": Phrase(
        "Stays removed, though a backup of the hub still had them",
        "Bleibt entfernt, obwohl eine Sicherung des Hubs die Person noch hatte",
    ),
    "change.proposal_held": Phrase("Waits for a decision", "Wartet auf eine Entscheidung"),
    "change.proposal_refused": Phrase("Refused by the hub", "Vom Hub abgelehnt"),
    "state.started": Phrase("Door started", "Tür gestartet"),
    "state.stopped": Phrase("Door stopped", "Tür beendet"),
    "state.camera_lost": Phrase("Camera lost", "Kamera verloren"),
    "state.camera_back": Phrase("Camera is back", "Kamera ist wieder da"),
    "state.camera_flapping": Phrase("Camera comes and goes", "Kamera kommt und geht"),
    "state.camera_dark": Phrase("Camera sees only dark", "Kamera sieht nur Dunkel"),
    "state.camera_covered": Phrase("Camera is covered", "Kamera ist verdeckt"),
    "state.camera_clear": Phrase("Camera sees again", "Kamera sieht wieder"),
    "state.infrared_lost": Phrase("Infrared camera lost", "Infrarotkamera verloren"),
    "state.infrared_back": Phrase("Infrared camera is back", "Infrarotkamera ist wieder da"),
    "state.infrared_flapping": Phrase(
        "Infrared camera comes and goes", "Infrarotkamera kommt und geht"
    ),
    "state.infrared_dark": Phrase(
        "Infrared camera sees only dark", "Infrarotkamera sieht nur Dunkel"
    ),
    "state.infrared_covered": Phrase("Infrared camera is covered", "Infrarotkamera ist verdeckt"),
    "state.infrared_clear": Phrase("Infrared camera sees again", "Infrarotkamera sieht wieder"),
    "state.fault": Phrase("Fault at the door", "Störung der Tür"),
    "state.frame_fault": Phrase(
        "A picture could not be looked at", "Ein Bild konnte nicht betrachtet werden"
    ),
    "state.scenery": Phrase(
        "A face that does not move is taken for a picture", "Ein regloses Gesicht gilt als Bild"
    ),
    "state.entry_failed": Phrase("Granted, but nothing opened", "Gewährt, doch nichts öffnete"),
    "state.safe_set": Phrase("Set to a safe state", "In sicheren Zustand gesetzt"),
    "state.face_unlocked": Phrase("Lockout of faces lifted", "Sperre der Gesichter aufgehoben"),
    "state.inside_shown": Phrase("Shown who is inside", "Gezeigt, wer drinnen ist"),
    "state.reloaded": Phrase("Configuration reloaded", "Konfiguration neu geladen"),
    "state.reload_refused": Phrase("New configuration refused", "Neue Konfiguration abgelehnt"),
    "state.config_accepting": Phrase(
        "Configuration is being accepted", "Konfiguration wird angenommen"
    ),
    "state.config_accepted": Phrase("Configuration accepted", "Konfiguration angenommen"),
    "state.config_not_accepted": Phrase(
        "Weaker configuration does not count", "Schwächere Konfiguration gilt nicht"
    ),
    "state.audit_head_begun": Phrase(
        "Log has a head from now on", "Protokoll hat ab jetzt einen Kopf"
    ),
    "state.audit_mismatch": Phrase(
        "Log and its head do not fit", "Protokoll und sein Kopf passen nicht zusammen"
    ),
    "state.audit_purged": Phrase("Old records deleted", "Alte Einträge gelöscht"),
    "state.audit_backed_up": Phrase("Backed up", "Gesichert"),
    "state.audit_restored": Phrase("Restored from a backup", "Aus einer Sicherung hergestellt"),
    "state.liveness_tested": Phrase("Liveness tested", "Lebenderkennung geprüft"),
    "state.clock_jumped": Phrase("Clock jumped", "Uhr ist gesprungen"),
    "state.clock_trusted": Phrase("Clock is believed again", "Uhr gilt wieder"),
    "state.liveness_fault": Phrase("Liveness could not be judged", "Leben war nicht zu beurteilen"),
    "state.controller_lost": Phrase("Controller lost", "Steuerung verloren"),
    "state.controller_back": Phrase("Controller is back", "Steuerung ist wieder da"),
    "state.hub_refused": Phrase("Command of the hub refused", "Befehl des Hubs abgelehnt"),
    "state.hub_settings_refused": Phrase(
        "Settings of the hub refused", "Einstellungen des Hubs abgelehnt"
    ),
    "state.live_begun": Phrase(
        "Somebody looks at the live picture", "Jemand sieht das Livebild an"
    ),
    "state.live_ended": Phrase(
        "Nobody looks at the live picture any more", "Niemand sieht das Livebild mehr an"
    ),
    "state.display_lost": Phrase("Display lost", "Anzeige verloren"),
    "state.gallery_stale": Phrase("People are out of date", "Personen sind veraltet"),
    "state.gallery_unaccepted": Phrase("People were not accepted", "Personen nicht angenommen"),
    "state.gallery_seen": Phrase("State of the people noted", "Stand der Personen vermerkt"),
    "state.gallery_accepted": Phrase("People accepted", "Personen angenommen"),
    "state.gallery_back": Phrase("People count again", "Personen gelten wieder"),
    "state.watching_only": Phrase("Only watches", "Sieht nur zu"),
    "state.enrolment_begun": Phrase(
        "Somebody is enrolled here: faces are not decided on",
        "Hier wird jemand hinterlegt: Gesichter werden nicht entschieden",
    ),
    "state.enrolment_shot": Phrase("Photo to enrol somebody by", "Foto zum Hinterlegen"),
    "state.enrolment_ended": Phrase(
        "Nobody is enrolled here any more", "Hier wird niemand mehr hinterlegt"
    ),
    "state.acting": Phrase("Acts again", "Handelt wieder"),
    "state.wrong_pin": Phrase("Wrong PIN", "Falsche PIN"),
    "state.unknown_badge": Phrase("Unknown badge", "Unbekannter Ausweis"),
    "state.pass_refused": Phrase("Pass refused", "Besucherausweis abgelehnt"),
    "state.unused_badge": Phrase("Badge without a face", "Ausweis ohne Gesicht"),
    "state.mqtt_refused": Phrase("Broker refused", "Broker lehnte ab"),
    "state.mqtt_dropped": Phrase(
        "Messages to the broker dropped", "Nachrichten an den Broker verworfen"
    ),
    "state.reader_lost": Phrase("Badge reader lost", "Ausweisleser verloren"),
    "state.reader_back": Phrase("Badge reader is back", "Ausweisleser ist wieder da"),
    "state.doorway_started": Phrase("Doorway started", "Durchgang gestartet"),
    "state.doorway_stopped": Phrase("Doorway stopped", "Durchgang beendet"),
    "state.unlocked": Phrase("Unlocked", "Entriegelt"),
    "state.locked": Phrase("Locked", "Verriegelt"),
    "state.opened": Phrase("Opened", "Geöffnet"),
    "state.closed": Phrase("Closed", "Geschlossen"),
    "state.entered": Phrase("Went in", "Ging hinein"),
    "state.no_entry": Phrase("Did not go in", "Ging nicht hinein"),
    "state.refused": Phrase("Doorway refused", "Durchgang abgelehnt"),
    "state.forced": Phrase("Door forced", "Tür aufgebrochen"),
    "state.held": Phrase("Door held open", "Tür steht zu lange offen"),
    "state.exit": Phrase("Way out", "Ausgang"),
    "state.exit_stuck": Phrase("Exit button stuck", "Ausgangstaster klemmt"),
    "state.exit_freed": Phrase("Exit button freed", "Ausgangstaster wieder frei"),
    "state.fire": Phrase("Fire alarm", "Brandalarm"),
    "state.fire_over": Phrase("Fire alarm over", "Brandalarm vorbei"),
    "state.tamper": Phrase("Tampering", "Sabotage"),
    "state.tamper_over": Phrase("Tampering over", "Sabotage vorbei"),
    "state.duress": Phrase("Under duress", "Unter Zwang"),
    "state.posture": Phrase("Posture changed", "Stellung geändert"),
    "state.open_hours": Phrase("Open hours begin", "Öffnungszeit beginnt"),
    "state.open_hours_over": Phrase("Open hours end", "Öffnungszeit endet"),
    "state.face_entry": Phrase("Face entry switched", "Eintritt mit Gesicht umgestellt"),
    "state.acknowledged": Phrase("Alarm acknowledged", "Alarm bestätigt"),
    "state.alarm_over": Phrase("Alarm over", "Alarm vorbei"),
    "state.command_refused": Phrase("Command refused", "Befehl abgelehnt"),
    "state.line_lost": Phrase("Line lost", "Leitung verloren"),
    "state.line_back": Phrase("Line is back", "Leitung ist wieder da"),
    "state.output_failed": Phrase("Lock did not answer", "Schloss antwortete nicht"),
    "state.output_back": Phrase("Lock answers again", "Schloss antwortet wieder"),
    "state.tested": Phrase("Tested", "Geprüft"),
    "state.interlock_lost": Phrase(
        "Other door of the interlock lost", "Andere Tür der Schleuse verloren"
    ),
    "state.interlock_back": Phrase(
        "Other door of the interlock is back", "Andere Tür der Schleuse ist wieder da"
    ),
    "cause.grant": Phrase("by a grant", "durch eine Gewährung"),
    "cause.command": Phrase("by a command", "durch einen Befehl"),
    "cause.exit": Phrase("by the exit button", "durch den Ausgangstaster"),
    "by.face": Phrase("by face", "mit Gesicht"),
    "by.badge": Phrase("by badge", "mit Ausweis"),
}
