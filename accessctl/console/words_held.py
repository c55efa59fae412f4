"""The words of the page of what doors propose and somebody has to decide."""

from collections.abc import Mapping

from accessctl.console.words import Phrase

HELD: Mapping[str, Phrase] = {
    "held.title": Phrase("To decide", "Zu entscheiden"),
    "held.count": Phrase(
        "To decide: {count}",
        "Zu entscheiden: {count}",
    ),
    "held.lead": Phrase(
        "What was done at a door and counts nowhere until somebody has looked at it.",
        "Was an einer Tür geschah und nirgends gilt, bis jemand es angesehen hat.",
    ),
    "held.none": Phrase("Nothing waits for a decision", "Nichts wartet auf eine Entscheidung"),
    "held.none_hint": Phrase(
        "Changes that doors propose are taken by themselves, unless they could make one person "
        "out of two, or two out of one.",
        "Änderungen von Türen gelten von selbst, es sei denn, aus zwei Personen könnte eine "
        "werden oder aus einer zwei.",
    ),
    "held.and_more": Phrase(
        "{count} more comes when these are decided. | {count} more come when these are decided.",
        "{count} weitere kommt, wenn diese entschieden sind. | {count} weitere kommen, wenn diese "
        "entschieden sind.",
    ),
    "held.came": Phrase("{door}, {time}", "{door}, {time}"),
    "held.why.name": Phrase(
        "Somebody enrolled has that name, or one that looks like it.",
        "Eine hinterlegte Person heißt so oder sehr ähnlich.",
    ),
    "held.why.face": Phrase(
        "To the encoder the photo shows somebody who is enrolled already.",
        "Das Foto zeigt nach dem Encoder jemanden, der schon hinterlegt ist.",
    ),
    "held.why.face.photo": Phrase(
        "To the encoder this new photo shows somebody else than the person it was given to.",
        "Das neue Foto zeigt nach dem Encoder jemand anderen als die Person, der es gegeben wurde.",
    ),
    "held.why.groups": Phrase(
        "The door has part in some groups only, and nobody has said in which this person is.",
        "Die Tür kennt nur bestimmte Gruppen, und niemand hat gesagt, in welcher diese Person ist.",
    ),
    "held.why.follows": Phrase(
        "It changes somebody who waits here, too.", "Es ändert jemanden, der hier auch wartet."
    ),
    "held.shown": Phrase("Enrolled is {name}.", "Hinterlegt ist {name}."),
    "held.proposed": Phrase("From the door", "Von der Tür"),
    "held.enrolled": Phrase("Enrolled", "Hinterlegt"),
    "held.photo": Phrase(
        "Photo {number} of {name}, from the door", "Foto {number} von {name}, von der Tür"
    ),
    "held.other_photo": Phrase("{name}, as enrolled", "{name}, wie hinterlegt"),
    "held.not_shown": Phrase(
        "Photos of enrolled people show to operators who may see photos.",
        "Fotos hinterlegter Personen sehen Bedienende, die Fotos sehen dürfen.",
    ),
    "held.no_photo": Phrase("No picture came with it.", "Es kam kein Bild mit."),
    "held.more": Phrase("Besides", "Außerdem"),
    "held.change.add_person": Phrase("enrolled anew", "neu hinterlegt"),
    "held.change.add_photo": Phrase("one more photo", "ein weiteres Foto"),
    "held.change.remove_photo": Phrase("a photo less", "ein Foto weniger"),
    "held.change.rename": Phrase("another name", "ein anderer Name"),
    "held.change.remove": Phrase("removed", "entfernt"),
    "held.change.set_rules": Phrase("rules", "Regeln"),
    "held.change.set_pin": Phrase("a PIN", "eine PIN"),
    "held.change.set_controller_number": Phrase("a controller number", "eine Controllernummer"),
    "held.change.add_badge": Phrase("a badge", "ein Ausweis"),
    "held.change.remove_badges": Phrase("badges less", "Ausweise weniger"),
    "held.take": Phrase("It is somebody new", "Es ist eine neue Person"),
    "held.add": Phrase("It is {name}", "Es ist {name}"),
    "held.add_else": Phrase(
        "It is somebody else who is enrolled", "Es ist eine andere hinterlegte Person"
    ),
    "held.add_these": Phrase("The photos are theirs", "Die Fotos sind von ihnen"),
    "held.drop": Phrase("Discard it", "Verwerfen"),
    "held.named": Phrase("Of the name", "Mit dem Namen"),
    "held.no_group": Phrase(
        "In no group they are at no door that has groups; whoever may set rules puts them into "
        "some.",
        "Ohne Gruppe sind sie an keiner Tür, die Gruppen hat; wer Regeln setzen darf, gibt sie "
        "ihnen.",
    ),
}
