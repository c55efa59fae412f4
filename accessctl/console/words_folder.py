"""The words of enrolment of a whole folder."""

from collections.abc import Mapping

from accessctl.console.words import Phrase

FOLDER: Mapping[str, Phrase] = {
    "folder.title": Phrase("Enrol many", "Viele hinterlegen"),
    "folder.lead": Phrase(
        "A folder with one NAME.jpg of each person, or a folder NAME with several.",
        "Ein Ordner mit einer Datei NAME.jpg je Person oder einem Ordner NAME mit mehreren.",
    ),
    "folder.how": Phrase(
        "Up to {most} photos and 32 MB at once. Each is judged by itself: one that cannot be used "
        "keeps no other out, and whatever is there already is passed over when the folder comes "
        "again.",
        "Bis zu {most} Fotos und 32 MB auf einmal. Jedes wird für sich geprüft: ein unbrauchbares "
        "hält kein anderes auf, und was schon da ist, wird übergangen, wenn der Ordner noch einmal "
        "kommt.",
    ),
    "folder.choose": Phrase("The folder: choose it here", "Der Ordner: hier wählen"),
    "folder.files": Phrase("Or single files", "Oder einzelne Dateien"),
    "folder.choose_files": Phrase(
        "Files that are called as the people are: choose or drop them here",
        "Dateien, die wie die Personen heißen: hier wählen oder ablegen",
    ),
    "folder.send": Phrase("Enrol the folder", "Den Ordner hinterlegen"),
    "folder.send_files": Phrase("Enrol the files", "Die Dateien hinterlegen"),
    "folder.chosen": Phrase("Chosen: {count}, {size} MB", "Gewählt: {count}, {size} MB"),
    "folder.too_much": Phrase(
        "{size} MB are too much at once; choose at most {most} MB.",
        "{size} MB sind zu viel auf einmal; wählen Sie höchstens {most} MB.",
    ),
    "folder.again": Phrase("Once more", "Noch einmal"),
    "folder.file": Phrase("File", "Datei"),
    "folder.became": Phrase("What became of it", "Was daraus wurde"),
    "folder.enrolled": Phrase("Enrolled", "Hinterlegt"),
    "folder.photo_added": Phrase("One more photo", "Ein Foto mehr"),
    "folder.known": Phrase("There already", "Schon da"),
    "folder.refused": Phrase("Cannot be used", "Unbrauchbar"),
    "folder.left_out": Phrase("Left out", "Ausgelassen"),
    "folder.enrolled_count": Phrase("Enrolled: {count}", "Hinterlegt: {count}"),
    "folder.photo_added_count": Phrase("More photos: {count}", "Weitere Fotos: {count}"),
    "folder.known_count": Phrase("There already: {count}", "Schon da: {count}"),
    "folder.refused_count": Phrase("Cannot be used: {count}", "Unbrauchbar: {count}"),
    "folder.left_out_count": Phrase("Left out: {count}", "Ausgelassen: {count}"),
    "folder.more": Phrase(
        "{count} more file was left out as well. | {count} more files were left out as well.",
        "{count} weitere Datei wurde auch ausgelassen. | {count} weitere Dateien wurden auch "
        "ausgelassen.",
    ),
    "folder.hidden": Phrase("It is hidden.", "Sie ist verborgen."),
    "folder.no_photo": Phrase(
        "It is not a photo by its name.", "Dem Namen nach ist sie kein Foto."
    ),
    "folder.too_deep": Phrase(
        "It lies in a folder within a person's folder.",
        "Sie liegt in einem Ordner im Ordner einer Person.",
    ),
}
