"""What photos, names, badges and passes are refused for, by rules that the console shares with the
command line: see words.Sentence."""

from collections.abc import Sequence

from accessctl.console.words import Sentence

FACES: Sequence[Sentence] = (
    Sentence(
        "{photo}: no face found; use a photo that shows one face from the front.",
        "{photo}: kein Gesicht gefunden; ein Foto nehmen, das ein Gesicht von vorn zeigt.",
    ),
    Sentence(
        "{photo}: {count} faces found; use a photo of one person, or cut the others away.",
        "{photo}: {count} Gesichter gefunden; ein Foto einer Person nehmen oder die anderen "
        "abschneiden.",
    ),
    Sentence(
        "{photo}: the face is hidden or unclear; use a photo that shows all of it.",
        "{photo}: Das Gesicht ist verdeckt oder undeutlich; ein Foto nehmen, das es ganz zeigt.",
    ),
    Sentence(
        "{photo}: the face is too small; use a photo taken closer.",
        "{photo}: Das Gesicht ist zu klein; ein Foto aus der Nähe nehmen.",
    ),
    Sentence(
        "{photo}: the face is blurred; use a sharper photo.",
        "{photo}: Das Gesicht ist unscharf; ein schärferes Foto nehmen.",
    ),
    Sentence(
        "{photo}: the face is too dark; use a photo with more light.",
        "{photo}: Das Gesicht ist zu dunkel; ein Foto mit mehr Licht nehmen.",
    ),
    Sentence(
        "{photo}: the face is overexposed; use a photo with less light.",
        "{photo}: Das Gesicht ist überbelichtet; ein Foto mit weniger Licht nehmen.",
    ),
    Sentence(
        "{photo}: the face is turned away; use a photo from the front.",
        "{photo}: Das Gesicht ist abgewandt; ein Foto von vorn nehmen.",
    ),
    Sentence(
        "{photo}: the face stands on its head; use a photo that is upright.",
        "{photo}: Das Gesicht steht auf dem Kopf; ein aufrechtes Foto nehmen.",
    ),
    Sentence(
        "{photo}: the face is cut off by the edge; use a photo that shows all of it.",
        "{photo}: Das Gesicht ist vom Rand abgeschnitten; ein Foto nehmen, das es ganz zeigt.",
    ),
    Sentence(
        "{photo} would take very long to decode; save it again with another program.",
        "{photo} zu lesen dauerte sehr lange; mit einem anderen Programm neu speichern.",
    ),
    Sentence(
        "{photo} is not a {kinds} picture; give one that is.",
        "{photo} ist kein Bild ({kinds}); eines geben, das so ist.",
    ),
    Sentence(
        "{photo} is a HEIC picture, and what reads it is not installed: pip install "
        "'accessctl[heic]', or save it as JPEG.",
        "{photo} ist ein HEIC-Bild, das der Hub nicht lesen kann; als JPEG speichern.",
        "{photo} is a HEIC picture, which the hub cannot read; save it as JPEG.",
    ),
    Sentence(
        "{photo} is damaged and cannot be decoded; give another photo.",
        "{photo} ist beschädigt und nicht zu lesen; ein anderes Foto geben.",
    ),
    Sentence(
        "{photo} has more than {most} million pixels; scale it down, or raise "
        "gallery.max_photo_megapixels.",
        "{photo} hat mehr als {most} Millionen Bildpunkte; verkleinern oder "
        "gallery.max_photo_megapixels erhöhen.",
    ),
)

NAMES: Sequence[Sentence] = (
    Sentence(
        "'{name}' is enrolled already; choose another name, or add the photo to that person.",
        "„{name}“ ist schon hinterlegt; einen anderen Namen wählen oder das Foto dieser Person "
        "hinzufügen.",
    ),
    Sentence(
        "The name {name} looks like {other}, who is enrolled already; choose one that can be told "
        "from it.",
        "Der Name {name} sieht aus wie {other}, schon hinterlegt; einen wählen, der davon zu "
        "unterscheiden ist.",
    ),
    Sentence(
        "The name {name} holds a character that is not seen ({sign}); leave it out.",
        "Der Name {name} enthält ein Zeichen, das man nicht sieht ({sign}); weglassen.",
    ),
    Sentence(
        "The name {name} holds control characters; use letters, digits and blanks.",
        "Der Name {name} enthält Steuerzeichen; Buchstaben, Ziffern und Leerzeichen nehmen.",
    ),
    Sentence(
        "The name is empty; give at least one character.",
        "Der Name ist leer; mindestens ein Zeichen angeben.",
    ),
    Sentence(
        "The name has {count} characters; use at most {most}.",
        "Der Name hat {count} Zeichen; höchstens {most} nehmen.",
    ),
    Sentence(
        "Nobody called {name} is enrolled; {hint}",
        "Niemand mit dem Namen {name} ist hinterlegt.",
        "Nobody called {name} is enrolled.",
    ),
    Sentence("Nobody called {name} is enrolled.", "Niemand mit dem Namen {name} ist hinterlegt."),
    Sentence(
        "That person is not enrolled any more; `accessctl people` lists everybody.",
        "Diese Person ist nicht mehr hinterlegt; „Personen“ zeigt alle.",
        'That person is not enrolled any more; "People" lists everybody.',
    ),
    Sentence(
        "Somebody whose document is damaged has that name; restore the hub from a backup, or "
        "remove them first: accessctl hub people remove {id}",
        "Diesen Namen hat jemand, dessen Eintrag beschädigt ist; den Hub aus einer Sicherung "
        "herstellen oder erst auf dem Rechner des Hubs entfernen: accessctl hub people remove {id}",
        "Somebody whose document is damaged has that name; restore the hub from a backup, or "
        "remove them first on its machine: accessctl hub people remove {id}",
    ),
    Sentence("Somebody of that id is enrolled already.", "Diese Kennung ist schon hinterlegt."),
    Sentence(
        "{name} has {count} and no number {number}; `accessctl people photos NAME` lists them.",
        "Das Foto {number} von {name} gibt es nicht mehr; die Seite neu laden.",
        "Photo {number} of {name} is not there any more; load the page anew.",
    ),
    Sentence(
        "It is the only photo of {name}; add a better one first, or remove the person.",
        "Es ist das einzige Foto von {name}; erst ein besseres hinzufügen oder die Person "
        "entfernen.",
    ),
    Sentence(
        "{name} has {most} photos; remove one first.",
        "{name} hat schon {most} Fotos; erst eines entfernen.",
    ),
    Sentence("A photo of that id is there already.", "Dieses Foto ist schon da."),
    Sentence(
        "That is more than a site can keep of one person or setting; take photos of theirs out "
        "first.",
        "Das ist mehr, als eine Anlage von einer Person oder Einstellung behält; erst Fotos "
        "dieser Person wegnehmen.",
    ),
)

BADGES: Sequence[Sentence] = (
    Sentence(
        "This is a visitor's pass, and nobody's badge; show or type a badge.",
        "Das ist ein Besucherausweis und niemandes Ausweis; einen Ausweis vorhalten oder "
        "eintippen.",
    ),
    Sentence(
        "A badge's number is 1 to {most} letters, digits and signs of ASCII; this is none.",
        "Die Nummer eines Ausweises hat 1 bis {most} Buchstaben, Ziffern und ASCII-Zeichen; "
        "diese nicht.",
    ),
    Sentence(
        "A badge's number holds no control characters; this does.",
        "Die Nummer eines Ausweises enthält keine Steuerzeichen; diese schon.",
    ),
    Sentence(
        "That badge belongs to somebody already; `accessctl hub people badge list` says to whom.",
        "Dieser Ausweis gehört schon jemandem.",
        "That badge belongs to somebody already.",
    ),
    Sentence(
        "{name} has {which}; `accessctl badge list` lists them.",
        "Diesen Ausweis hat {name} nicht mehr; die Seite neu laden.",
        "{name} does not have that badge any more; load the page anew.",
    ),
    Sentence(
        "{name} has {most} badges; take one away first.",
        "{name} hat schon {most} Ausweise; erst einen wegnehmen.",
    ),
    Sentence(
        "A PIN has {least} to {most} digits; choose another one.",
        "Eine PIN hat {least} bis {most} Ziffern; eine andere wählen.",
    ),
    Sentence(
        "That PIN is among the first that anybody tries; choose another one.",
        "Diese PIN probiert man als Erstes; eine andere wählen.",
    ),
    Sentence(
        "The pass ends before it begins; change one of its dates.",
        "Der Ausweis endet, bevor er beginnt; eines der Daten ändern.",
    ),
    Sentence(
        "The pass would be over already; give it a later end.",
        "Der Ausweis wäre schon abgelaufen; ein späteres Ende angeben.",
    ),
    Sentence(
        "A pass counts for at most {most} days; give it an earlier end.",
        "Ein Ausweis gilt höchstens {most} Tage; ein früheres Ende angeben.",
    ),
    Sentence(
        "{name} is in none of these groups, so the pass would count nowhere; it counts only while "
        "its person is in one of them.",
        "{name} ist in keiner dieser Gruppen, der Ausweis gälte nirgends; er gilt nur, solange "
        "die Person in einer davon ist.",
    ),
    Sentence(
        "One of these doors has no part in {name}, and knows nothing of them; see accessctl hub "
        "scope.",
        "Eine dieser Türen kennt {name} nicht: Sie hat nur bestimmte Gruppen (auf dem Rechner des "
        "Hubs: accessctl hub scope).",
    ),
    Sentence(
        "{name} has {most} passes already; those that are over are gone a day after their end.",
        "{name} hat schon {most} Ausweise; abgelaufene sind einen Tag nach ihrem Ende weg.",
    ),
    Sentence(
        "This site has {most} passes already, which are all it may have.",
        "Diese Anlage hat schon {most} Besucherausweise; mehr darf sie nicht haben.",
    ),
    Sentence(
        "A pass is for up to {most} doors, or for up to {same} groups, or for every door; not for "
        "doors and groups at once.",
        "Ein Ausweis gilt für bis zu {most} Türen, für bis zu {same} Gruppen oder für jede Tür; "
        "nicht für Türen und Gruppen zugleich.",
    ),
    Sentence(
        "There is no pass {mark}; `accessctl hub passes` lists them.",
        "Den Ausweis {mark} gibt es nicht mehr; die Seite neu laden.",
        "There is no pass {mark} any more; load the page anew.",
    ),
    Sentence(
        "This pass counts no more; make a new one.",
        "Dieser Ausweis gilt nicht mehr; einen neuen machen.",
    ),
    Sentence("This pass was withdrawn already.", "Dieser Ausweis ist schon zurückgezogen."),
)

UNFIT: Sequence[Sentence] = (*FACES, *NAMES, *BADGES)
