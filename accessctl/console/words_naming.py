"""The words of naming a visit."""

from collections.abc import Mapping

from accessctl.console.words import Phrase

NAMING: Mapping[str, Phrase] = {
    "naming.title": Phrase("Name this visit", "Besuch benennen"),
    "naming.title_of": Phrase("Name this visit, {clock}", "Besuch benennen, {clock}"),
    "naming.unknown": Phrase("Unknown visits", "Unbekannte Besuche"),
    "naming.why": Phrase("Why was it decided so?", "Warum wurde so entschieden?"),
    "naming.named_as": Phrase("Named: {name}", "Benannt: {name}"),
    "naming.seen": Phrase("What the camera saw", "Was die Kamera sah"),
    "naming.picture": Phrase("Picture {number}, {time}", "Bild {number}, {time}"),
    "naming.visit": Phrase("The visit", "Der Besuch"),
    "naming.unseen": Phrase(
        "{count} more picture of this visit is not shown here. | "
        "{count} more pictures of this visit are not shown here.",
        "{count} weiteres Bild dieses Besuchs ist hier nicht zu sehen. | "
        "{count} weitere Bilder dieses Besuchs sind hier nicht zu sehen.",
    ),
    "naming.life.shown": Phrase(
        "The door saw a living face in this visit.",
        "Die Tür sah in diesem Besuch ein lebendes Gesicht.",
    ),
    "naming.life.undecided": Phrase(
        "Nothing spoke against life, but the door did not see enough of it: look closely whether "
        "this is somebody, and not a picture of somebody.",
        "Nichts sprach gegen Leben, doch die Tür sah nicht genug davon: genau hinsehen, ob dies "
        "ein Mensch ist und nicht das Bild eines Menschen.",
    ),
    "naming.life.not_looked": Phrase(
        "This door does not look for life: look closely whether this is somebody, and not a "
        "picture of somebody.",
        "Diese Tür prüft nicht auf Leben: genau hinsehen, ob dies ein Mensch ist und nicht das "
        "Bild eines Menschen.",
    ),
    "naming.no_use": Phrase(
        "No picture of this visit is good enough to enrol anybody; take a photo instead.",
        "Kein Bild dieses Besuchs ist gut genug, um jemanden zu hinterlegen; stattdessen ein Foto "
        "aufnehmen.",
    ),
    "naming.alike": Phrase("Whom it resembles most", "Wem er am meisten gleicht"),
    "naming.alike_lead": Phrase(
        "By these pictures alone, beside what the door wanted. The door itself went by more of "
        "them, and took the visit for nobody.",
        "Nach diesen Bildern allein, neben dem, was die Tür verlangte. Die Tür selbst ging nach "
        "mehr Bildern und hielt den Besuch für niemanden.",
    ),
    "naming.nobody": Phrase(
        "Nobody is enrolled whom it could be compared with.",
        "Niemand ist hinterlegt, mit dem er sich vergleichen ließe.",
    ),
    "naming.photo_of": Phrase("Photo of {name}", "Foto von {name}"),
    "naming.no_photo": Phrase("The hub has no photo.", "Der Hub hat kein Foto."),
    "naming.withheld.no_consent": Phrase(
        "Sent to no door: no consent that counts is on record.",
        "An keine Tür gesandt: keine gültige Einwilligung ist vermerkt.",
    ),
    "naming.withheld.expired": Phrase(
        "Sent to no door: let in nowhere for too long.",
        "An keine Tür gesandt: zu lange nirgends eingelassen.",
    ),
    "naming.which": Phrase("Pictures to keep as photos", "Bilder, die als Fotos bleiben"),
    "naming.looked_at_both": Phrase(
        "I have looked at both: they show one person.",
        "Ich habe beide angesehen: sie zeigen eine Person.",
    ),
    "naming.looked_at_it": Phrase(
        "I have looked at it: this person stood there, and agrees to be enrolled.",
        "Ich habe es angesehen: diese Person stand da und ist einverstanden, hinterlegt zu werden.",
    ),
    "naming.add_to": Phrase("Add to {name}", "Zu {name} hinzufügen"),
    "naming.too_unlike": Phrase(
        "Cannot be added to {name}: to the encoder the pictures do not show whom their photos "
        "show.",
        "Lässt sich {name} nicht hinzufügen: für den Encoder zeigen die Bilder nicht, wen die "
        "Fotos zeigen.",
    ),
    "naming.new": Phrase("A new person", "Eine neue Person"),
    "naming.not_new": Phrase(
        "Cannot be somebody new: to the encoder the pictures show somebody enrolled already, or "
        "not one person.",
        "Kann niemand Neues sein: für den Encoder zeigen die Bilder jemanden, der schon hinterlegt "
        "ist, oder nicht eine Person.",
    ),
    "naming.no_groups": Phrase(
        "In no group yet: an operator who may make rules says in which ones.",
        "Noch in keiner Gruppe: in welche, sagt, wer Regeln machen darf.",
    ),
    "naming.needs_consent": Phrase(
        "Sent to no door until their consent is on record: accessctl hub consent give",
        "An keine Tür gesandt, bis ihre Einwilligung vermerkt ist: accessctl hub consent give",
    ),
    "naming.look_first": Phrase(
        "Look at the pictures first, and say so by the box above the button.",
        "Erst die Bilder ansehen und das durch das Kästchen über dem Knopf sagen.",
    ),
    "naming.choose": Phrase(
        "Choose at least one picture of this visit that can be used.",
        "Mindestens ein brauchbares Bild dieses Besuchs wählen.",
    ),
    "naming.no_such_group": Phrase(
        "The site has no such group any more; choose again.",
        "Diese Gruppe gibt es in der Anlage nicht mehr; neu wählen.",
    ),
    "naming.gone": Phrase(
        "That person is not enrolled any more; nothing was added.",
        "Diese Person ist nicht mehr hinterlegt; nichts wurde hinzugefügt.",
    ),
    "naming.obstacle.known": Phrase(
        "The door recognised somebody in this visit; it is no visit of somebody unknown.",
        "Die Tür erkannte in diesem Besuch jemanden; er ist kein unbekannter Besuch.",
    ),
    "naming.obstacle.not_alive": Phrase(
        "The door took this visit for a picture or a screen, not for a living face. Nobody is "
        "enrolled from it: else whoever shows a picture to the camera has it enrolled.",
        "Die Tür hielt diesen Besuch für Bild oder Bildschirm, nicht für ein lebendes Gesicht. "
        "Niemand wird daraus hinterlegt: sonst ließe sich ein Bild hinterlegen, indem man es der "
        "Kamera zeigt.",
    ),
    "naming.obstacle.doubted": Phrase(
        "Something in this visit spoke against a living face and was not cleared up. Nobody is "
        "enrolled from it; take a photo instead.",
        "Etwas in diesem Besuch sprach gegen ein lebendes Gesicht und klärte sich nicht auf. "
        "Niemand wird daraus hinterlegt; stattdessen ein Foto aufnehmen.",
    ),
    "naming.obstacle.no_evidence": Phrase(
        "The record does not say whether anything spoke against a living face. Nobody is enrolled "
        "from it; take a photo instead.",
        "Der Eintrag sagt nicht, ob etwas gegen ein lebendes Gesicht sprach. Niemand wird daraus "
        "hinterlegt; stattdessen ein Foto aufnehmen.",
    ),
    "naming.obstacle.named": Phrase(
        "This visit has been named already.", "Dieser Besuch wurde schon benannt."
    ),
    "naming.obstacle.no_picture": Phrase(
        "The hub has no picture of this visit: the door sends none, it is on its way, or it was "
        "kept for as long as pictures are.",
        "Der Hub hat kein Bild dieses Besuchs: die Tür sendet keines, es ist unterwegs, oder seine "
        "Zeit ist um.",
    ),
    "naming.obstacle.altered": Phrase(
        "A picture of this visit is not as its door sealed it. Nobody is enrolled from it; have "
        "the hub's database looked at.",
        "Ein Bild dieses Besuchs ist nicht, wie seine Tür es versiegelte. Niemand wird daraus "
        "hinterlegt; die Datenbank des Hubs prüfen lassen.",
    ),
}
