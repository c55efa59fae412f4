"""The words of badges, PINs and visitors' passes."""

from collections.abc import Mapping

from accessctl.console.words import Phrase

PASSES: Mapping[str, Phrase] = {
    "pass.badge_note": Phrase(
        "A badge says who stands there and proves nothing. Its number is kept nowhere.",
        "Ein Ausweis sagt, wer da steht, und beweist nichts. Seine Nummer bleibt nirgends stehen.",
    ),
    "pass.badge_number": Phrase(
        "Number, typed or from a reader at this computer",
        "Nummer, getippt oder von einem Leser an diesem Rechner",
    ),
    "pass.add_badge": Phrase("Add the badge", "Ausweis hinzufügen"),
    "pass.new_pin": Phrase("New PIN", "Neue PIN"),
    "pass.pin_again": Phrase("The same again", "Noch einmal dieselbe"),
    "pass.set_pin": Phrase("Set the PIN", "PIN setzen"),
    "pass.clear_pin": Phrase("Take the PIN away", "PIN wegnehmen"),
    "pass.title": Phrase("Visitors' passes", "Besucherausweise"),
    "pass.note": Phrase(
        "A QR code that says who they are from one date to another. It opens nothing by itself: "
        "their face has to fit. Without it they may come in as their own rules say.",
        "Ein QR-Code, der von einem Tag bis zu einem anderen sagt, wer sie sind. Allein öffnet er "
        "nichts: Das Gesicht muss passen. Ohne ihn gelten die eigenen Regeln.",
    ),
    "pass.none": Phrase("No pass.", "Kein Besucherausweis."),
    "pass.counts": Phrase("Valid", "Gültig"),
    "pass.not_yet": Phrase("Not yet", "Noch nicht"),
    "pass.over": Phrase("Run out", "Abgelaufen"),
    "pass.withdrawn": Phrase("Withdrawn", "Zurückgezogen"),
    "pass.span": Phrase("From {begins} until {ends}", "Von {begins} bis {ends}"),
    "pass.everywhere": Phrase("At every door", "An jeder Tür"),
    "pass.at_doors": Phrase("Only at: {doors}", "Nur an: {doors}"),
    "pass.in_groups": Phrase("Only while in: {groups}", "Nur als Mitglied von: {groups}"),
    "pass.begins": Phrase("Pass valid from", "Besucherausweis gültig ab"),
    "pass.ends": Phrase("Pass valid until", "Besucherausweis gültig bis"),
    "pass.only_doors": Phrase(
        "Only at these doors, up to three", "Nur an diesen Türen, bis zu drei"
    ),
    "pass.only_groups": Phrase(
        "Or only while in these groups", "Oder nur als Mitglied dieser Gruppen"
    ),
    "pass.make": Phrase("Make a pass", "Besucherausweis ausstellen"),
    "pass.show": Phrase("Show", "Zeigen"),
    "pass.show_what": Phrase("Show pass {mark}", "Besucherausweis {mark} zeigen"),
    "pass.withdraw": Phrase("Withdraw", "Zurückziehen"),
    "pass.withdraw_what": Phrase("Withdraw pass {mark}", "Besucherausweis {mark} zurückziehen"),
    "pass.of": Phrase("Pass of {name}", "Besucherausweis von {name}"),
    "pass.code_of": Phrase("QR code of the pass of {name}", "QR-Code des Ausweises von {name}"),
    "pass.hold": Phrase(
        "Hold this code before the reader at the door, then look at the camera.",
        "Diesen Code vor den Leser an der Tür halten, dann in die Kamera schauen.",
    ),
    "pass.hand_over": Phrase(
        "Print this page, or send its picture. Whoever copies the code gets in nowhere with it "
        "unless their face is the same.",
        "Diese Seite drucken oder ihr Bild schicken. Wer den Code kopiert, kommt damit nirgends "
        "hinein, solange das Gesicht nicht dasselbe ist.",
    ),
}
