"""The words of the page of figures."""

from collections.abc import Mapping

from accessctl.console.words import Phrase

TRUTH: Mapping[str, Phrase] = {
    "truth.title": Phrase("Figures", "Zahlen"),
    "truth.lead": Phrase(
        "What the doors decided in the last 90 days, week by week.",
        "Was die Türen in den letzten 90 Tagen entschieden, Woche für Woche.",
    ),
    "truth.cut": Phrase(
        "Only the latest {count} decisions were read, back to {time}; choose a door to reach "
        "further back.",
        "Nur die letzten {count} Entscheidungen wurden gelesen, zurück bis {time}; mit einer Tür "
        "reicht es weiter zurück.",
    ),
    "truth.none": Phrase("No decisions yet", "Noch keine Entscheidungen"),
    "truth.none_hint": Phrase(
        "Figures show here as soon as a door has decided something.",
        "Zahlen stehen hier, sobald eine Tür etwas entschieden hat.",
    ),
    "truth.door": Phrase("Door", "Tür"),
    "truth.show": Phrase("Show", "Zeigen"),
    "truth.worst": Phrase("What stands out", "Was auffällt"),
    "truth.nothing": Phrase(
        "Nothing stands out: refusals, unknown visitors and times are within bounds.",
        "Nichts fällt auf: Ablehnungen, Unbekannte und Zeiten liegen im Rahmen.",
    ),
    "truth.too_few": Phrase(
        "There are too few decisions yet to say what stands out.",
        "Für eine Aussage, was auffällt, sind es noch zu wenige Entscheidungen.",
    ),
    "truth.worst_not_live": Phrase(
        "At {door}, {value} of the decisions were refusals for liveness, most of them by “{cue}”: "
        "if those were living people, look at the light at the door and at what lies behind them, "
        "and read why under Events.",
        "An {door} waren {value} der Entscheidungen Ablehnungen mangels Leben, die meisten durch "
        "„{cue}“: waren es lebende Menschen, prüfen Sie das Licht an der Tür und was hinter ihnen "
        "zu sehen ist, und lesen Sie unter Ereignisse, warum.",
    ),
    "truth.worst_unknown": Phrase(
        "At {door}, {value} of the decisions knew nobody: if those were enrolled people, add "
        "photos of them taken at this door.",
        "An {door} erkannten {value} der Entscheidungen niemanden: waren es hinterlegte Personen, "
        "fügen Sie Fotos hinzu, die an dieser Tür entstanden sind.",
    ),
    "truth.worst_slow": Phrase(
        "At {door}, one grant in twenty took longer than {value} s: look whether the face is well "
        "lit and large enough when people stop, and whether the device has other work.",
        "An {door} dauerte einer von zwanzig Einlässen länger als {value} s: prüfen Sie, ob das "
        "Gesicht gut beleuchtet und groß genug ist und ob das Gerät anderes zu tun hat.",
    ),
    "truth.worst_rate": Phrase(
        "At {door}, unknown visitors came near to somebody enrolled {value} times as often as is "
        "stated: check with “accessctl calibrate” at the door whether the stated rate holds there.",
        "An {door} kamen Unbekannte {value}-mal so oft jemandem nahe wie angegeben: prüfen Sie an "
        "der Tür mit „accessctl calibrate“, ob die angegebene Rate dort gilt.",
    ),
    "truth.worst_missed": Phrase(
        "At {door}, visits of people who were enrolled ended unknown {value} as often as grants: "
        "add photos of them taken at this door, and look at the light there.",
        "An {door} endeten Besuche Hinterlegter {value} so oft unbekannt, wie es Einlässe gab: "
        "fügen Sie Fotos hinzu, die an dieser Tür entstanden sind, und prüfen Sie dort das Licht.",
    ),
    "truth.worst_camera": Phrase(
        "At {door}, the camera was lost, covered or saw only dark {value} times: see to its cable "
        "and power, to what stands before it, and to the light.",
        "An {door} war die Kamera {value}-mal verloren, verdeckt oder sah nur Dunkel: prüfen Sie "
        "Kabel und Strom, was vor ihr steht, und das Licht.",
    ),
    "truth.worst_light": Phrase(
        "At {door}, faces were too dark or too bright to be used in {value} of the looks at them: "
        "light them from the front, and turn the camera away from the sun or a lamp behind them.",
        "An {door} waren Gesichter bei {value} der Blicke zu dunkel oder zu hell: beleuchten Sie "
        "sie von vorn, und drehen Sie die Kamera von der Sonne oder einer Lampe hinter ihnen weg.",
    ),
    "truth.worst_age": Phrase(
        "At {door}, one decision in twenty rested on a picture older than {value} s: relieve the "
        "machine, or the network between the camera and the door.",
        "An {door} beruhte eine von zwanzig Entscheidungen auf einem Bild, das älter als {value} s "
        "war: entlasten Sie das Gerät oder das Netz zwischen Kamera und Tür.",
    ),
    "truth.outcomes": Phrase("Decisions by outcome", "Entscheidungen nach Ausgang"),
    "truth.outcomes_told": Phrase(
        "How many decisions granted, denied or knew nobody, week by week; the table says the same.",
        "Wie viele Entscheidungen gewährten, verweigerten oder niemanden kannten, Woche für Woche; "
        "die Tabelle sagt dasselbe.",
    ),
    "truth.cues": Phrase("Refusals for liveness by cue", "Ablehnungen mangels Leben nach Merkmal"),
    "truth.cues_told": Phrase(
        "Which cues spoke against life where a door refused for it; a refusal counts at each of "
        "them. The table says the same.",
        "Welche Merkmale gegen Leben sprachen, wo eine Tür deshalb ablehnte; eine Ablehnung zählt "
        "bei jedem davon. Die Tabelle sagt dasselbe.",
    ),
    "truth.no_cue": Phrase("life was not shown", "Leben nicht gezeigt"),
    "truth.waits": Phrase("Seconds to a grant", "Sekunden bis zum Einlass"),
    "truth.waits_told": Phrase(
        "From the first look at a face to the grant: half of them were faster than the median, 95 "
        "of 100 faster than the other line. The table says the same.",
        "Vom ersten Blick auf ein Gesicht bis zum Einlass: die Hälfte schneller als der Median, "
        "95 von 100 schneller als die andere Linie. Die Tabelle sagt dasselbe.",
    ),
    "truth.median": Phrase("Median", "Median"),
    "truth.slowest": Phrase("95 of 100", "95 von 100"),
    "truth.unknown": Phrase("Unknown visits", "Unbekannte Besuche"),
    "truth.unknown_told": Phrase(
        "Visits that ended with nobody recognised, week by week; the table says the same.",
        "Besuche, bei denen am Ende niemand erkannt war, Woche für Woche; die Tabelle sagt "
        "dasselbe.",
    ),
    "truth.visits": Phrase("Unknown visits", "Unbekannte Besuche"),
    "truth.visits_open": Phrase("Nobody known", "Niemand bekannt"),
    "truth.missed": Phrase("Named since as enrolled", "Inzwischen als hinterlegt benannt"),
    "truth.missed_short": Phrase("Missed", "Verkannt"),
    "truth.missed_told": Phrase(
        "A miss is known only where somebody names the visit as of a person who was enrolled then; "
        "there are more.",
        "Verkannt ist nur zu wissen, wo jemand den Besuch als den einer damals hinterlegten Person "
        "benennt; es gibt mehr.",
    ),
    "truth.rate": Phrase(
        "Near to somebody enrolled, times as often as stated",
        "Nahe an Hinterlegten, so viel Mal so oft wie angegeben",
    ),
    "truth.rate_told": Phrase(
        "How many times as often as stated unknown visitors came near to somebody enrolled, with "
        "the bounds between which it lies (95 %), in each week with 20 of their visits; the table "
        "says the same.",
        "Wie viel Mal so oft wie angegeben Unbekannte jemandem Hinterlegten nahe kamen, mit "
        "den Grenzen, zwischen denen es liegt (95 %), für jede Woche mit 20 ihrer Besuche; "
        "die Tabelle sagt dasselbe.",
    ),
    "truth.as_stated": Phrase("As stated", "Wie angegeben"),
    "truth.seen": Phrase("Seen", "Gesehen"),
    "truth.at_least": Phrase("At least (95 %)", "Mindestens (95 %)"),
    "truth.at_most": Phrase("At most (95 %)", "Höchstens (95 %)"),
    "truth.rate_short": Phrase("Near, times as stated", "Nahe, mal angegeben"),
    "truth.light": Phrase("Light, %", "Licht, %"),
    "truth.light_told": Phrase(
        "How bright the pictures of decisions were, from 0 for black to 100 for white: half of "
        "them brighter than the median, 95 of 100 brighter than the next line; and of 100 looks at "
        "faces how many found one too dark or too bright to be used. The table says the same.",
        "Wie hell die Bilder der Entscheidungen waren, von 0 für schwarz bis 100 für weiß: die "
        "Hälfte heller als der Median, 95 von 100 heller als die nächste Linie; und wie viele von "
        "100 Blicken auf Gesichter eines fanden, das zu dunkel oder zu hell war. Die Tabelle sagt "
        "dasselbe.",
    ),
    "truth.badly_lit": Phrase("Faces too dark or bright", "Gesichter zu dunkel oder hell"),
    "truth.darkest": Phrase("Darkest 5 of 100", "Dunkelste 5 von 100"),
    "truth.light_short": Phrase("Light, median", "Licht, Median"),
    "truth.age": Phrase("Age of the camera's pictures, s", "Alter der Kamerabilder, s"),
    "truth.age_told": Phrase(
        "How old the oldest picture of a decision was when the door looked at it, by how much "
        "later than at best the camera sent it and how long it waited: half of them were fresher "
        "than the median, 95 of 100 fresher than the other line. The table says the same.",
        "Wie alt das älteste Bild einer Entscheidung war, als die Tür es ansah, danach, wie viel "
        "später als bestenfalls die Kamera es schickte und wie lange es wartete: die Hälfte jünger "
        "als der Median, 95 von 100 jünger als die andere Linie. Die Tabelle sagt dasselbe.",
    ),
    "truth.oldest": Phrase("95 of 100", "95 von 100"),
    "truth.age_s": Phrase("Picture's age, 95 of 100, s", "Alter des Bildes, 95 von 100, s"),
    "truth.camera": Phrase(
        "Camera lost, covered or in the dark", "Kamera weg, verdeckt oder im Dunkeln"
    ),
    "truth.camera_told": Phrase(
        "How often the camera was lost, covered, came and went, or saw only dark, week by week; "
        "the table says the same.",
        "Wie oft die Kamera verloren oder verdeckt war, kam und ging oder nur Dunkel sah, Woche "
        "für Woche; die Tabelle sagt dasselbe.",
    ),
    "truth.camera_cut": Phrase(
        "Only back to {time}: there are too many records of the doors' service.",
        "Nur zurück bis {time}: Es sind zu viele Dienst-Einträge der Türen.",
    ),
    "truth.camera_short": Phrase("Camera troubles", "Kameraausfälle"),
    "truth.rate_said": Phrase(
        "Of {count} unknown visits, {seen} came as near to somebody enrolled as {stated} of "
        "strangers are stated to. Enrolled people whom the door missed are among them.",
        "Von {count} unbekannten Besuchen kamen {seen} jemandem so nahe, wie es für {stated} aller "
        "Fremden angegeben ist. Hinterlegte, die die Tür nicht erkannte, sind darunter.",
    ),
    "truth.rate_unknown": Phrase(
        "There are too few unknown visits to set the stated rate beside what was seen.",
        "Für einen Vergleich der angegebenen Rate mit dem Gesehenen sind es zu wenige unbekannte "
        "Besuche.",
    ),
    "truth.nothing_here": Phrase("None in this time.", "Keine in dieser Zeit."),
    "truth.table": Phrase("As a table", "Als Tabelle"),
    "truth.week": Phrase("Week from", "Woche ab"),
    "truth.week_short": Phrase("{day}/{month}", "{day}.{month}."),
    "truth.tests": Phrase("Self-tests of liveness", "Selbsttests der Lebenderkennung"),
    "truth.tests_told": Phrase(
        "What somebody presented to a door, newest first, of these 90 days. One is made at the "
        "door by:",
        "Was jemand einer Tür gezeigt hat, das Neueste zuerst, aus diesen 90 Tagen. So entsteht an "
        "der Tür einer:",
    ),
    "truth.no_test": Phrase(
        "No door was tested in this time.", "Keine Tür wurde in dieser Zeit geprüft."
    ),
    "truth.tests_more": Phrase(
        "{count} older one is not listed. | {count} older ones are not listed.",
        "{count} älterer steht nicht da. | {count} ältere stehen nicht da.",
    ),
    "truth.test_living": Phrase(
        "{errors} of {trials} living people refused", "{errors} von {trials} lebenden abgelehnt"
    ),
    "truth.test_attack": Phrase(
        "{species}: {errors} of {trials} let in", "{species}: {errors} von {trials} eingelassen"
    ),
    "truth.test_unseen": Phrase("{species}: no face seen", "{species}: kein Gesicht gesehen"),
    "truth.test_cut": Phrase("broken off", "abgebrochen"),
    "truth.species_live": Phrase("living people", "lebende"),
    "truth.by_door": Phrase("What each door decided", "Was jede Tür entschied"),
    "truth.sight_by_door": Phrase("How each door saw", "Wie jede Tür sah"),
    "truth.decisions": Phrase("Decisions", "Entscheidungen"),
    "truth.not_live": Phrase("Not live", "Ohne Leben"),
    "truth.median_s": Phrase("Grant, median, s", "Einlass, Median, s"),
    "truth.slowest_s": Phrase("Grant, 95 of 100, s", "Einlass, 95 von 100, s"),
}
