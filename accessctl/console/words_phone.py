"""The words of enrolment by telephone: what whoever is enrolled reads, and the operator."""

from collections.abc import Mapping

from accessctl.console.words import Phrase

PHONE: Mapping[str, Phrase] = {
    "phone.title": Phrase("Your photos for the doors", "Ihre Fotos für die Türen"),
    "phone.for": Phrase("For {name}", "Für {name}"),
    "phone.notice": Phrase(
        "Whoever runs these doors keeps your name, three photos, and what their program reads from "
        "your face, to let you in. An operator looks at the photos first.",
        "Wer diese Türen betreibt, behält Ihren Namen, drei Fotos und was das Programm aus Ihrem "
        "Gesicht liest, um Sie einzulassen. Vorher sieht jemand von dort die Fotos an.",
    ),
    "phone.how_long": Phrase(
        "It is kept until you are removed; whoever sent you this link removes you when you ask. "
        "Photos that are not approved are gone after 24 hours.",
        "Es bleibt, bis Sie entfernt werden; das tut auf Ihren Wunsch, wer Ihnen diesen Link gab. "
        "Fotos, die niemand annimmt, sind nach 24 Stunden weg.",
    ),
    "phone.agree": Phrase("I agree", "Ich bin einverstanden"),
    "phone.typed": Phrase("Your name, as your signature", "Ihr Name, als Unterschrift"),
    "phone.go_on": Phrase("Go on to the photos", "Weiter zu den Fotos"),
    "phone.step": Phrase("Photo {number} of {count}", "Foto {number} von {count}"),
    "phone.front": Phrase("Look straight into the camera", "Gerade in die Kamera sehen"),
    "phone.left": Phrase("Turn a little to your left", "Ein wenig nach links drehen"),
    "phone.right": Phrase("Turn a little to your right", "Ein wenig nach rechts drehen"),
    "phone.light": Phrase(
        "The face alone, well lit, at arm's length.",
        "Das Gesicht allein, gut beleuchtet, eine Armlänge entfernt.",
    ),
    "phone.choose": Phrase("Take or choose a photo", "Foto aufnehmen oder wählen"),
    "phone.send": Phrase("Send the photo", "Foto senden"),
    "phone.shoot": Phrase("Take the photo", "Foto aufnehmen"),
    "phone.judging": Phrase("One moment", "Einen Moment"),
    "phone.view": Phrase("What the camera sees", "Was die Kamera sieht"),
    "phone.complete": Phrase("All three photos are there", "Alle drei Fotos sind da"),
    "phone.complete_hint": Phrase(
        "An operator looks at them next. You can close this page.",
        "Als Nächstes werden sie angesehen. Sie können diese Seite schließen.",
    ),
    "phone.gone": Phrase(
        "This link is good no more. Ask for another one.",
        "Dieser Link gilt nicht mehr. Bitten Sie um einen neuen.",
    ),
    "phone.make": Phrase("Enrol by telephone", "Mit dem Telefon hinterlegen"),
    "phone.make_hint": Phrase(
        "A link for one person, for 15 minutes: whoever has it takes three photos of themselves.",
        "Ein Link für eine Person, 15 Minuten lang: Wer ihn hat, nimmt drei Fotos von sich auf.",
    ),
    "phone.scan": Phrase(
        "Have {name} scan this with a telephone, until {time}.",
        "{name} scannt dies mit einem Telefon, bis {time}.",
    ),
    "phone.once": Phrase("It is shown only now.", "Er wird nur jetzt gezeigt."),
    "phone.waiting": Phrase("Photos that wait", "Fotos, die warten"),
    "phone.waiting_count": Phrase(
        "{count} person waits for approval | {count} people wait for approval",
        "{count} Person wartet auf Annahme | {count} Personen warten auf Annahme",
    ),
    "phone.waiting_lead": Phrase(
        "Is it the person, alone, three times? What is not approved is gone after 24 hours.",
        "Ist es die Person, allein, dreimal? Was niemand annimmt, ist nach 24 Stunden weg.",
    ),
    "phone.none": Phrase("Nothing waits", "Es wartet nichts"),
    "phone.new": Phrase("New person", "Neue Person"),
    "phone.known": Phrase("More photos", "Weitere Fotos"),
    "phone.photo_of": Phrase("{name}, photo {number}", "{name}, Foto {number}"),
    "phone.approve": Phrase("Approve", "Annehmen"),
    "phone.discard": Phrase("Discard", "Verwerfen"),
    "phone.by_camera": Phrase("by the camera of {door}", "mit der Kamera von {door}"),
    "phone.came": Phrase("asked for by {operator}, {time}", "erbeten von {operator}, {time}"),
}
