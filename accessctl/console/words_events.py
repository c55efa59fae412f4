"""The words of the events' page, and of why a door decided as it did."""

from collections.abc import Mapping

from accessctl.console.words import Phrase

EVENTS: Mapping[str, Phrase] = {
    "events.title": Phrase("Events", "Ereignisse"),
    "events.lead": Phrase(
        "What happened at all doors, the latest first.",
        "Was an allen Türen geschah, das Neueste zuerst.",
    ),
    "events.filters": Phrase("Filters", "Filter"),
    "events.door": Phrase("Door", "Tür"),
    "events.person": Phrase("Person", "Person"),
    "events.kind": Phrase("Kind", "Art"),
    "events.outcome": Phrase("Outcome", "Ausgang"),
    "events.reason": Phrase("Reason", "Grund"),
    "events.since": Phrase("From", "Von"),
    "events.until": Phrase("Until", "Bis"),
    "events.clear": Phrase("Clear filters", "Filter aufheben"),
    "events.export": Phrase("Export", "Ausgeben"),
    "events.export_csv": Phrase("CSV", "CSV"),
    "events.export_json": Phrase("JSON lines", "JSON-Zeilen"),
    "events.somebody": Phrase("Somebody", "Jemand"),
    "events.alarm": Phrase("Alarm", "Alarm"),
    "events.action_done": Phrase("{action}: done", "{action}: ausgeführt"),
    "events.action_failed": Phrase("{action}: failed", "{action}: fehlgeschlagen"),
    "events.earlier": Phrase("Earlier events", "Frühere Ereignisse"),
    "events.further": Phrase("Look further back", "Weiter zurück suchen"),
    "events.looked_back": Phrase("Looked back to {time}.", "Zurückgesucht bis {time}."),
    "events.none": Phrase("No events yet", "Noch keine Ereignisse"),
    "events.none_hint": Phrase(
        "They show here as soon as a door writes one down.",
        "Sie stehen hier, sobald eine Tür eines aufschreibt.",
    ),
    "events.no_match": Phrase("Nothing fits these filters", "Nichts passt zu diesen Filtern"),
    "events.no_match_hint": Phrase(
        "Widen the time, or clear a filter.", "Den Zeitraum erweitern oder einen Filter aufheben."
    ),
    "events.end": Phrase("That is the beginning.", "Hier ist der Anfang."),
    "events.why": Phrase("Why?", "Warum?"),
    "events.why_of": Phrase("Why? {title}, {clock}", "Warum? {title}, {clock}"),
    "events.picture": Phrase(
        "The door kept a picture; it is not at the hub.",
        "Die Tür hat ein Bild behalten; es ist nicht beim Hub.",
    ),
    "events.picture_here": Phrase(
        "What the camera saw when this was decided",
        "Was die Kamera sah, als das entschieden wurde",
    ),
    "events.picture_kept": Phrase(
        "The hub has a picture; who may see photos sees it here.",
        "Der Hub hat ein Bild; wer Fotos sehen darf, sieht es hier.",
    ),
    "events.person_filter": Phrase("Only {name}", "Nur {name}"),
    "events.new": Phrase(
        "{count} new event | {count} new events", "{count} neues Ereignis | {count} neue Ereignisse"
    ),
    "why.title": Phrase("Why", "Warum"),
    "why.record": Phrase("Record {number} of {door}", "Eintrag {number} von {door}"),
    "why.no_evidence": Phrase(
        "The record of this decision holds no evidence that can be shown.",
        "Der Eintrag dieser Entscheidung enthält keine Belege, die sich zeigen lassen.",
    ),
    "why.gone": Phrase("This record is not at the hub.", "Diesen Eintrag hat der Hub nicht."),
    "why.nearest": Phrase("Somebody, nearest to {name}", "Jemand, am nächsten an {name}"),
    "why.face": Phrase("Face", "Gesicht"),
    "why.rarity": Phrase("Likeness", "Ähnlichkeit"),
    "why.one_in": Phrase("1 stranger in {many}", "1 Fremder von {many}"),
    "why.wanted": Phrase("wanted: {limit}", "gefordert: {limit}"),
    "why.by_rarity": Phrase("judged by the likeness above", "beurteilt nach der Ähnlichkeit oben"),
    "why.similarity": Phrase("Similarity", "Übereinstimmung"),
    "why.lead": Phrase("Lead over the next person", "Vorsprung vor der nächsten Person"),
    "why.only_one": Phrase("nobody else is enrolled", "sonst ist niemand hinterlegt"),
    "why.holds": Phrase("enough", "genügt"),
    "why.falls_short": Phrase("not enough", "genügt nicht"),
    "why.frames": Phrase(
        "{agree} of {count} picture agrees, {wanted} wanted | "
        "{agree} of {count} pictures agree, {wanted} wanted",
        "{agree} von {count} Bild stimmt überein, {wanted} gefordert | "
        "{agree} von {count} Bildern stimmen überein, {wanted} gefordert",
    ),
    "why.frames_seen": Phrase(
        "{count} picture was looked at | {count} pictures were looked at",
        "{count} Bild wurde betrachtet | {count} Bilder wurden betrachtet",
    ),
    "why.frames_window": Phrase(
        "{count} of the visit's {seen} pictures counted: the latest ones. | "
        "{count} of the visit's {seen} pictures counted: the latest ones.",
        "{count} der {seen} Bilder dieses Besuchs zählte: das letzte. | "
        "{count} der {seen} Bilder dieses Besuchs zählten: die letzten.",
    ),
    "why.frames_drawn": Phrase(
        "Only the last {shown} are drawn.", "Gezeichnet sind nur die letzten {shown}."
    ),
    "why.frames_title": Phrase("Pictures", "Bilder"),
    "why.agrees": Phrase(
        "{count} agrees | {count} agree", "{count} stimmt überein | {count} stimmen überein"
    ),
    "why.silent": Phrase(
        "{count} says nothing | {count} say nothing", "{count} sagt nichts | {count} sagen nichts"
    ),
    "why.conflicts": Phrase(
        "{count} speaks for somebody else | {count} speak for somebody else",
        "{count} spricht für jemand anderen | {count} sprechen für jemand anderen",
    ),
    "why.life": Phrase("Life", "Leben"),
    "why.cue": Phrase("Cue", "Merkmal"),
    "why.said": Phrase("Said", "Aussage"),
    "why.measured": Phrase("Figure", "Wert"),
    "why.figure": Phrase("{figure}, limit {limit}", "{figure}, Grenze {limit}"),
    "why.not_measured": Phrase("not measured", "nicht gemessen"),
    "why.steps": Phrase("Steps to a grant", "Schritte zur Gewährung"),
    "why.more": Phrase("Besides", "Außerdem"),
    "why.people": Phrase("People enrolled", "Hinterlegte Personen"),
    "why.latency": Phrase("Time to the decision", "Zeit bis zur Entscheidung"),
    "why.light": Phrase("Light in the picture", "Licht im Bild"),
    "why.badly_lit": Phrase("Face too dark or too bright", "Gesicht zu dunkel oder zu hell"),
    "why.picture_age": Phrase("Age of the oldest picture", "Alter des ältesten Bildes"),
    "why.groups": Phrase("Groups", "Gruppen"),
    "why.life_mode": Phrase("Liveness", "Lebenderkennung"),
    "why.factor": Phrase("Second factor", "Zweiter Faktor"),
    "why.badge": Phrase("Badge", "Ausweis"),
    "why.pass": Phrase("Pass", "Besucherausweis"),
    "why.attempt": Phrase("Attempt", "Versuch"),
    "life.off": Phrase("off", "aus"),
    "life.passive": Phrase("passive", "passiv"),
    "life.challenge": Phrase("challenge", "mit Aufgabe"),
    "factor.pin": Phrase("PIN", "PIN"),
    "factor.button": Phrase("button", "Knopf"),
    "step.passed": Phrase("passed", "bestanden"),
    "step.failed": Phrase("not passed", "nicht bestanden"),
    "step.open": Phrase("not reached", "nicht erreicht"),
    "step.face": Phrase("Recognised", "Erkannt"),
    "step.cooldown": Phrase("Not let in just before", "Nicht eben erst eingelassen"),
    "step.gallery": Phrase("People at the door are current", "Personen der Tür sind aktuell"),
    "step.lockout": Phrase("No lockout", "Keine Sperre"),
    "step.alone": Phrase("Alone at the door", "Allein an der Tür"),
    "step.attack": Phrase("No attack seen", "Kein Angriff erkannt"),
    "step.doorway": Phrase("The door lets people in", "Die Tür lässt ein"),
    "step.rules": Phrase("Allowed here and now", "Hier und jetzt erlaubt"),
    "step.current": Phrase("The hub said so lately", "Vom Hub kürzlich bestätigt"),
    "step.passback": Phrase("Not inside already", "Nicht schon drinnen"),
    "step.life": Phrase("Life shown", "Leben gezeigt"),
    "step.gesture": Phrase("Gesture made", "Geste gemacht"),
    "step.factor": Phrase("Second factor given", "Zweiter Faktor gegeben"),
    "step.record": Phrase("Written down", "Aufgeschrieben"),
    "step.acting": Phrase("This device acts", "Dieses Gerät handelt"),
    "why.matched": Phrase(
        "The face was rare enough a likeness, ahead of everybody else, and nothing refused it.",
        "Das Gesicht war ähnlich genug, lag vor allen anderen, und nichts sprach dagegen.",
    ),
    "why.cooldown": Phrase(
        "They were let in moments before, and had gone again when that time was over.",
        "Sie wurden eben erst eingelassen und waren fort, als diese Zeit um war.",
    ),
    "why.no_match": Phrase(
        "Too many strangers would look as alike: the door took them for nobody.",
        "Zu viele Fremde sähen so ähnlich aus: die Tür hielt sie für niemanden.",
    ),
    "why.ambiguous": Phrase(
        "Two people who are enrolled came out too close to each other.",
        "Zwei hinterlegte Personen lagen zu nah beieinander.",
    ),
    "why.disagreement": Phrase(
        "Too few pictures pointed to this person by themselves, or one pointed to another.",
        "Zu wenige Bilder wiesen für sich auf diese Person, oder eines auf eine andere.",
    ),
    "why.left_early": Phrase(
        "They were gone before there was enough to go by.",
        "Sie waren fort, ehe genug zu sehen war.",
    ),
    "why.empty_gallery": Phrase(
        "Nobody is enrolled at this door.", "An dieser Tür ist niemand hinterlegt."
    ),
    "why.no_record": Phrase(
        "What cannot be written down does not open.",
        "Was sich nicht aufschreiben lässt, öffnet nicht.",
    ),
    "why.disabled": Phrase(
        "This person is switched off in the rules.", "Diese Person ist in den Regeln gesperrt."
    ),
    "why.not_yet_valid": Phrase(
        "The day from which this person is valid had not come.",
        "Der Tag, ab dem diese Person gilt, war noch nicht da.",
    ),
    "why.expired": Phrase(
        "The day until which this person is valid was over.",
        "Der Tag, bis zu dem diese Person gilt, war vorbei.",
    ),
    "why.outside_schedule": Phrase(
        "None of their groups is open at this door at that time.",
        "Keine ihrer Gruppen darf zu dieser Zeit durch diese Tür.",
    ),
    "why.wrong_door": Phrase(
        "None of their groups is allowed at this door.", "Keine ihrer Gruppen darf durch diese Tür."
    ),
    "why.locked_out": Phrase(
        "After too many refusals faces do not count for a while.",
        "Nach zu vielen Ablehnungen gelten Gesichter eine Weile nicht.",
    ),
    "why.not_live": Phrase(
        "What was seen spoke of a picture or a screen, not of a living face.",
        "Was zu sehen war, sprach für Bild oder Bildschirm, nicht für ein lebendes Gesicht.",
    ),
    "why.liveness_undecided": Phrase(
        "The face was recognised, but showed no life in the time there was.",
        "Das Gesicht wurde erkannt, zeigte aber in der Zeit kein Leben.",
    ),
    "why.no_gesture": Phrase(
        "The face was recognised, but the gesture that says so was not made.",
        "Das Gesicht wurde erkannt, die verlangte Geste aber nicht gemacht.",
    ),
    "why.second_factor_missing": Phrase(
        "The face was recognised, but PIN or button did not follow.",
        "Das Gesicht wurde erkannt, PIN oder Knopf folgten aber nicht.",
    ),
    "why.second_factor_wrong": Phrase(
        "The face was recognised, and the PIN was wrong.",
        "Das Gesicht wurde erkannt, und die PIN war falsch.",
    ),
    "why.passback": Phrase(
        "This person is inside already and has not gone out.",
        "Diese Person ist schon drinnen und nicht hinausgegangen.",
    ),
    "why.two_faces": Phrase(
        "More than one person stood at the door.", "Mehr als eine Person stand an der Tür."
    ),
    "why.watching_only": Phrase(
        "This device only watches; another one acts for the door.",
        "Dieses Gerät sieht nur zu; ein anderes handelt für die Tür.",
    ),
    "why.gallery_stale": Phrase(
        "The door had not heard from the hub for so long that its people do not count.",
        "Die Tür hatte so lange nichts vom Hub gehört, dass ihre Personen nicht gelten.",
    ),
    "why.rules_stale": Phrase(
        "The door had not heard from the hub for longer than it lets them in without it.",
        "Die Tür hatte länger nichts vom Hub gehört, als sie diese Person ohne ihn einlässt.",
    ),
    "why.gallery_unaccepted": Phrase(
        "The people at the door are not those that were accepted there.",
        "Die Personen der Tür sind nicht die, die dort angenommen wurden.",
    ),
    "why.locked_down": Phrase("The door was locked down.", "Die Tür war verriegelt."),
    "why.face_entry_off": Phrase(
        "Faces did not open this door at that time.",
        "Gesichter öffneten diese Tür zu dieser Zeit nicht.",
    ),
    "why.interlock": Phrase(
        "The other door of the interlock was not shut.", "Die andere Tür der Schleuse war nicht zu."
    ),
    "why.badge_mismatch": Phrase(
        "The face is not that of the badge's owner.",
        "Das Gesicht ist nicht das des Ausweisinhabers.",
    ),
    "why.badge_required": Phrase(
        "Too many are enrolled for a face alone; no badge was read.",
        "Für das Gesicht allein sind zu viele hinterlegt; kein Ausweis wurde gelesen.",
    ),
}
