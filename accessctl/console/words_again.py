"""The words of what is to be looked at again among people and photos."""

from collections.abc import Mapping

from accessctl.console.words import Phrase

AGAIN: Mapping[str, Phrase] = {
    "again.title": Phrase("Look again at", "Noch einmal ansehen"),
    "again.title_of": Phrase("Look-alikes and photos", "Doppelgänger und Fotos"),
    "again.nothing": Phrase(
        "Nobody enrolled looks alike, and the photos show one person.",
        "Niemand Hinterlegtes sieht ähnlich aus, und die Fotos zeigen eine Person.",
    ),
    "again.misfit": Phrase("Wrong photo?", "Falsches Foto?"),
    "again.taken_for_each_other": Phrase("Taken for each other", "Verwechselt"),
    "again.lookalike": Phrase("Look alike", "Ähnlich"),
    "again.duplicate": Phrase("Twice", "Doppelt"),
    "again.passes": Phrase(
        "{name} would pass for {other} at {there}, {other} for {name} at {back}, were not both "
        "enrolled: so a door names neither unless one of them leads clearly. Add photos of each; "
        "if they are one person, remove one.",
        "{name} ginge bei {there} als {other} durch, {other} bei {back} als {name}, wären nicht "
        "beide hinterlegt: so nennt eine Tür niemanden, wenn nicht eine Person klar vorn liegt. "
        "Fotos von beiden hinzufügen; sind sie eine Person, eine entfernen.",
    ),
    "again.seldom": Phrase("fewer than 1 look in {many}", "weniger als 1 Blick von {many}"),
    "again.most": Phrase("most looks", "den meisten Blicken"),
    "again.one_in": Phrase("about 1 look in {many}", "etwa 1 Blick von {many}"),
    "again.more_like": Phrase(
        "Photo {number} of {name} looks more like {other} (similarity {similarity}, 1 stranger in "
        "{many}); take it away if it shows somebody else.",
        "Foto {number} von {name} gleicht eher {other} (Übereinstimmung {similarity}, 1 Fremder "
        "von {many}); wegnehmen, wenn es jemand anderen zeigt.",
    ),
    "again.unlike": Phrase(
        "Photo {number} of {name} does not show whom the others show (similarity {similarity}, 1 "
        "stranger in {many}); take it away if it shows somebody else.",
        "Foto {number} von {name} zeigt nicht, wen die anderen zeigen (Übereinstimmung "
        "{similarity}, 1 Fremder von {many}); wegnehmen, wenn es jemand anderen zeigt.",
    ),
    "again.same_picture": Phrase(
        "Photo {number} of {name} is the same picture as photo {twice} of {other}.",
        "Foto {number} von {name} ist dasselbe Bild wie Foto {twice} von {other}.",
    ),
    "again.more": Phrase(
        "{count} more is on the pages of people. | {count} more are on the pages of people.",
        "{count} weiteres steht auf den Seiten der Personen. | {count} weitere stehen auf den "
        "Seiten der Personen.",
    ),
    "again.comparing": Phrase(
        "All photos are being compared; look again in a moment.",
        "Alle Fotos werden verglichen; gleich noch einmal ansehen.",
    ),
    "again.not_current": Phrase(
        "As before the last change; all photos are being compared anew.",
        "Stand vor der letzten Änderung; alle Fotos werden neu verglichen.",
    ),
    "again.uncompared": Phrase(
        "{count} photo was not compared: it has no template of the hub's encoder. | {count} photos "
        "were not compared: they have no template of the hub's encoder.",
        "{count} Foto wurde nicht verglichen: es hat keine Vorlage des Encoders beim Hub. | "
        "{count} Fotos wurden nicht verglichen: sie haben keine Vorlage des Encoders beim Hub.",
    ),
    "again.no_encoder": Phrase(
        "Photos are not compared: the hub has no calibrated encoder (encoder.folder).",
        "Fotos werden nicht verglichen: der Hub hat keinen kalibrierten Encoder (encoder.folder).",
    ),
}
