"""What the hub and its doors answer in sentences: what speaks against a chain of records, and why a
command was not done: see words.Sentence."""

from collections.abc import Sequence

from accessctl.console.words import Sentence

CHAINS: Sequence[Sentence] = (
    Sentence(
        "it does not begin as every event log does",
        "beginnt nicht, wie jedes Protokoll beginnt",
    ),
    Sentence("it is missing", "fehlt"),
    Sentence("it is missing; there were {count} records", "fehlt; es waren {count} Einträge"),
    Sentence(
        "it is not what was written, or not where it was written",
        "ist nicht, was geschrieben wurde, oder nicht dort, wo es geschrieben wurde",
    ),
    Sentence("it is not what the door signed", "ist nicht, was die Tür unterschrieben hat"),
    Sentence("it is not what the hub wrote", "ist nicht, was der Hub geschrieben hat"),
    Sentence(
        "record {number} of door {door} is another one than it was then",
        "Eintrag {number} der Tür {door} ist ein anderer als damals",
    ),
)

EVENTS: Sequence[Sentence] = (
    Sentence(
        "That is no place among the events; begin anew from the latest ones.",
        "Diese Stelle gibt es unter den Ereignissen nicht; von den neuesten neu beginnen.",
    ),
    Sentence(
        "{most} live pictures are looked at already; try again later.",
        "Es werden schon {most} Live-Bilder angesehen; später noch einmal versuchen.",
    ),
    Sentence(
        "Somebody has named this visit meanwhile; look at it again.",
        "Inzwischen hat jemand diesen Besuch benannt; noch einmal ansehen.",
    ),
    Sentence(
        "A picture of this visit is not kept any longer; look at it again.",
        "Ein Bild dieses Besuchs ist nicht mehr da; noch einmal ansehen.",
    ),
    Sentence(
        "Nothing is held by the number {number}; `accessctl hub held` lists what is.",
        "Unter der Nummer {number} wartet nichts mehr; „Zu entscheiden“ zeigt, was wartet.",
        'Nothing waits by the number {number} any more; "To decide" lists what does.',
    ),
    Sentence(
        "That is a photo of somebody enrolled already; say whose it is with --add-to, or --drop.",
        "Das ist ein Foto einer schon hinterlegten Person; angeben, wessen es ist, oder verwerfen.",
        "That is a photo of somebody enrolled already; say whose it is, or let nothing count.",
    ),
    Sentence(
        "A door proposed rules, a PIN or a number that are none.",
        "Eine Tür schlug Regeln, eine PIN oder eine Nummer vor, die keine sind.",
    ),
    Sentence(
        "{name} cannot be a door's name; use 1 to 64 letters, digits, '.', '_' or '-'.",
        "{name} kann kein Name einer Tür sein; 1 bis 64 Buchstaben, Ziffern, „.“, „_“ oder „-“.",
    ),
    Sentence(
        "A door called {name} has joined already; name another one, or revoke it first: accessctl "
        "hub revoke {same}",
        "Eine Tür namens {name} ist schon aufgenommen; einen anderen Namen nehmen oder sie erst "
        "sperren.",
        "A door called {name} has joined already; name another one, or revoke it first.",
    ),
    Sentence(
        "No door called {name} has joined; see `accessctl hub doors`.",
        "Eine Tür namens {name} ist nicht aufgenommen; die Seite neu laden.",
        "No door called {name} has joined; load the page anew.",
    ),
)

COMMANDS: Sequence[Sentence] = (
    Sentence("{door} is not connected.", "{door} ist nicht verbunden."),
    Sentence("{door} refuses: {why}", "{door} lehnt ab: {why}"),
    Sentence(
        "Too many commands are under way; try again in a few seconds.",
        "Zu viele Befehle sind unterwegs; in einigen Sekunden noch einmal versuchen.",
    ),
    Sentence("No door understands so long a word.", "Ein so langes Wort versteht keine Tür."),
    Sentence(
        "This door takes no such command from its hub; see sync.commands.",
        "Diese Tür nimmt solche Befehle nicht von ihrem Hub an (sync.commands).",
    ),
    Sentence(
        "This door enrols nobody for its hub; it has to show it pictures and to take commands, "
        "see sync.live and sync.commands.",
        "Diese Tür hinterlegt niemanden für ihren Hub; dazu muss sie ihm Bilder zeigen und "
        "Befehle annehmen (sync.live, sync.commands).",
    ),
    Sentence(
        "Somebody is enrolled by a door's camera in the console.",
        "Mit der Kamera einer Tür wird in der Konsole hinterlegt.",
    ),
    Sentence(
        "A step of an enrolment is one of {steps}.", "Ein Schritt beim Hinterlegen ist: {steps}."
    ),
    Sentence(
        "This door is older than its hub, and knows no such command.",
        "Diese Tür ist älter als ihr Hub und kennt diesen Befehl nicht.",
    ),
    Sentence("Unlocking says nothing more than that.", "Entriegeln sagt nichts weiter als das."),
    Sentence(
        "A posture is one of {postures} or {release}; after open_hours comes for how many seconds.",
        "Eine Stellung ist {postures} oder {release}; nach open_hours folgen Sekunden.",
    ),
    Sentence("Face entry is on or off.", "Eintritt mit Gesicht ist an oder aus."),
    Sentence(
        "A photo is being taken at this door; wait a few seconds.",
        "An dieser Tür wird gerade ein Foto aufgenommen; einige Sekunden warten.",
    ),
    Sentence(
        "Because of enrolments this door has decided on nobody for ten minutes; it does for as "
        "long now, then go on.",
        "Wegen des Hinterlegens hat diese Tür zehn Minuten lang über niemanden entschieden; jetzt "
        "tut sie es ebenso lang, dann geht es weiter.",
    ),
    Sentence(
        "This door only watches; another one acts in its place.",
        "Diese Tür sieht nur zu; eine andere handelt an ihrer Stelle.",
    ),
    Sentence(
        "It could not be put on record; see the door's log.",
        "Es war nicht aufzuschreiben; siehe das Protokoll der Tür.",
    ),
    Sentence(
        "Nothing hangs on this door; see the section doorway: in config.yaml.",
        "An dieser Tür hängt nichts (in ihrer config.yaml der Abschnitt doorway:).",
    ),
    Sentence("The door is locked down.", "Die Tür ist verriegelt."),
    Sentence("Face entry is switched off.", "Eintritt mit Gesicht ist ausgeschaltet."),
    Sentence(
        "The other door of the interlock is not shut, or cannot be asked.",
        "Die andere Tür der Schleuse ist nicht zu oder nicht zu befragen.",
    ),
    Sentence(
        "The command was kept for whoever comes later; send it anew.",
        "Der Befehl war für später aufgehoben; neu senden.",
    ),
    Sentence(
        "The command is not of the last {most} seconds; send it anew.",
        "Der Befehl ist älter als {most} Sekunden; neu senden.",
    ),
    Sentence("That command was heard before.", "Dieser Befehl kam schon einmal."),
    Sentence(
        "Too many commands at once; wait a minute.",
        "Zu viele Befehle auf einmal; eine Minute warten.",
    ),
    Sentence(
        "The door is set to evacuation; release that first.",
        "Die Tür steht auf Räumung; diese erst aufheben.",
    ),
    Sentence("The door is not set to evacuation.", "Die Tür steht nicht auf Räumung."),
    Sentence(
        "Say for how long the door is to be unlocked.",
        "Angeben, wie lange die Tür entriegelt sein soll.",
    ),
    Sentence("The door stands open.", "Die Tür steht offen."),
)

ANSWERS: Sequence[Sentence] = (*CHAINS, *EVENTS, *COMMANDS)
