"""The words of the pages for signing in, for operators, for the site and for trust."""

from collections.abc import Mapping

from accessctl.console.words import Phrase

ENTRY: Mapping[str, Phrase] = {
    "operators": Phrase("Operators", "Bedienende"),
    "site": Phrase("Site", "Anlage"),
    "entry.not_allowed": Phrase(
        "You may not do that. Ask an operator who may change what operators may.",
        "Das dürfen Sie nicht. Fragen Sie jemanden, der die Rechte vergibt.",
    ),
    "entry.form_too_old": Phrase(
        "This page is older than your session; load it anew and try again.",
        "Diese Seite ist älter als Ihre Anmeldung; laden Sie sie neu und versuchen Sie es noch "
        "einmal.",
    ),
    "entry.not_understood": Phrase(
        "The request was not understood; go back and check what you entered.",
        "Die Anfrage war nicht zu verstehen; gehen Sie zurück und prüfen Sie die Angaben.",
    ),
    "entry.not_found": Phrase("There is no such page.", "Diese Seite gibt es nicht."),
    "entry.cannot_now": Phrase(
        "The hub cannot do that now; its log says why. Try again later.",
        "Das geht gerade nicht; warum, steht im Protokoll des Hubs. Versuchen Sie es später.",
    ),
}
