"""What the console's own pages complain of: see words.Sentence."""

from collections.abc import Sequence

from accessctl.console.words import Sentence

ENTERED: Sequence[Sentence] = (
    Sentence(
        "Tick the box if you agree; otherwise stop here.",
        "Haken setzen, wenn Sie zustimmen; sonst hier abbrechen.",
    ),
    Sentence(
        "Tick the box if you agree; otherwise close this page.",
        "Haken setzen, wenn Sie zustimmen; sonst diese Seite schließen.",
    ),
    Sentence("Type your name to agree.", "Zum Zustimmen den Namen eintippen."),
    Sentence(
        "Whoever asks everybody anew names the last day on which earlier consents count; tick the "
        "box and give the day, or neither.",
        "Wer alle neu fragt, nennt den letzten Tag, an dem frühere Einwilligungen gelten; Haken "
        "setzen und Tag angeben, oder beides nicht.",
    ),
    Sentence(
        "Type the name as it is written, {name}, to withdraw their consent.",
        "Zum Widerrufen der Einwilligung den Namen so eintippen, wie er da steht: {name}.",
    ),
    Sentence(
        "Type the name as it is written, {name}, to remove them.",
        "Zum Entfernen den Namen so eintippen, wie er da steht: {name}.",
    ),
    Sentence(
        "A signature is drawn beside the name that was typed; choose that way.",
        "Eine Unterschrift gehört zum eingetippten Namen; diese Art wählen.",
    ),
    Sentence(
        "Only whoever typed their name signs beside it; clear the signature.",
        "Nur wer den Namen eingetippt hat, unterschreibt daneben; Unterschrift löschen.",
    ),
    Sentence(
        "The two PINs differ; nothing was changed.",
        "Die beiden PINs sind verschieden; nichts wurde geändert.",
    ),
    Sentence(
        "No filter has so long a value; begin anew without filters.",
        "Kein Filter hat einen so langen Wert; ohne Filter neu beginnen.",
    ),
    Sentence(
        "There is no such filter ({why}); begin anew without filters.",
        "Diesen Filter gibt es nicht; ohne Filter neu beginnen.",
        "There is no such filter; begin anew without filters.",
    ),
    Sentence("Days are a number, such as 180.", "Tage sind eine Zahl, etwa 180."),
    Sentence(
        "No name is so long; write a part of it.",
        "So lang ist kein Name; einen Teil davon schreiben.",
    ),
    Sentence(
        "The end comes before the beginning; change one of them.",
        "Das Ende liegt vor dem Beginn; eines von beiden ändern.",
    ),
)

PHOTOS: Sequence[Sentence] = (
    Sentence(
        "{count} photos are more than the {most} that are looked at at once; hand in a part of "
        "them, and then the others.",
        "{count} Fotos sind mehr als die {most}, die auf einmal angesehen werden; erst einen Teil "
        "davon abgeben, dann die anderen.",
    ),
    Sentence(
        "Hand in 1 to {most} photos of one person at once.",
        "Auf einmal 1 bis {most} Fotos einer Person abgeben.",
    ),
    Sentence(
        "Photos of somebody else are being looked at; try again in a minute.",
        "Gerade werden andere Fotos angesehen; in einer Minute noch einmal versuchen.",
    ),
    Sentence(
        "{photo} is larger than {most} MB; hand in a smaller one.",
        "{photo} ist größer als {most} MB; ein kleineres abgeben.",
    ),
    Sentence("The picture cannot be made smaller.", "Das Bild ist nicht kleiner zu machen."),
    Sentence(
        "No photo came; take or choose one.", "Es kam kein Foto; eines aufnehmen oder wählen."
    ),
    Sentence(
        "{most} links and submissions are there already; approve or discard some first.",
        "Es gibt schon {most} Links und Einsendungen; erst welche annehmen oder verwerfen.",
    ),
)

OPERATORS: Sequence[Sentence] = (
    Sentence(
        "There is no such operator any more; look at the list again.",
        "Diese bedienende Person gibt es nicht mehr; die Liste noch einmal ansehen.",
    ),
    Sentence(
        "{name} cannot be an operator's name; use 1 to 64 letters, digits, blanks, '.', '-', '_', "
        "'@' or an apostrophe.",
        "{name} kann kein Name einer bedienenden Person sein; 1 bis 64 Buchstaben, Ziffern, "
        "Leerzeichen, „.“, „-“, „_“, „@“ oder ein Apostroph.",
    ),
    Sentence("{address} is no email address.", "{address} ist keine E-Mail-Adresse."),
    Sentence(
        "You may not give or take what you may not do yourself: {rights}.",
        "Geben oder nehmen können Sie nur, was Sie selbst dürfen; nicht: {rights}.",
    ),
    Sentence(
        "Choose at least one thing that this operator may do.",
        "Mindestens eines wählen, das diese Person darf.",
    ),
    Sentence(
        "This is the last one who may look after operators; let another one do that first.",
        "Niemand sonst verwaltet die Bedienenden; erst einer anderen Person dieses Recht geben.",
    ),
    Sentence(
        "Another operator has this address already; name another one.",
        "Diese Adresse hat schon eine andere bedienende Person; eine andere nennen.",
    ),
    Sentence(
        "There are {count} operators; remove some first.",
        "Es gibt schon {count} Bedienende; erst welche entfernen.",
    ),
    Sentence(
        "This invitation was used meanwhile; ask for another one.",
        "Diese Einladung wurde inzwischen benutzt; um eine neue bitten.",
    ),
    Sentence(
        "This code is not valid: it was used, it ran out after 15 minutes, or it was mistyped; ask "
        "for another invitation.",
        "Dieser Code gilt nicht: Er wurde benutzt, lief nach 15 Minuten ab oder ist vertippt; um "
        "eine neue Einladung bitten.",
    ),
    Sentence(
        "There are {count} passkeys of yours; remove one first.",
        "Sie haben schon {count} Passkeys; erst einen entfernen.",
    ),
    Sentence("This passkey is here already.", "Dieser Passkey ist schon da."),
    Sentence(
        "The passkey was not made as it was asked for; try again.",
        "Der Passkey entstand nicht wie verlangt; noch einmal versuchen.",
    ),
    Sentence(
        "There is no such passkey any more; look at the list again.",
        "Diesen Passkey gibt es nicht mehr; die Liste noch einmal ansehen.",
    ),
    Sentence(
        "You sign in by this passkey alone; make another one first.",
        "Sie melden sich nur mit diesem Passkey an; erst einen anderen anlegen.",
    ),
    Sentence(
        "A password has {least} to {most} characters.",
        "Ein Passwort hat {least} bis {most} Zeichen.",
    ),
    Sentence(
        "This password is easily guessed; take some words that are not the name.",
        "Dieses Passwort ist leicht zu erraten; einige Wörter nehmen, die nicht der Name sind.",
    ),
    Sentence(
        "The app's code does not fit; check the clock of the device, and enter the code that it "
        "shows now.",
        "Der Code der App passt nicht; die Uhr des Geräts prüfen und den Code eingeben, den sie "
        "jetzt zeigt.",
    ),
    Sentence("This page is too old; load it anew.", "Diese Seite ist zu alt; bitte neu laden."),
)

DRAFTS: Sequence[Sentence] = (
    Sentence(
        "This page holds at most {schedules} schedules and {groups} groups.",
        "Diese Seite fasst höchstens {schedules} Wochen und {groups} Gruppen.",
        "This page holds at most {schedules} weeks and {groups} groups.",
    ),
    Sentence(
        "A schedule holds at most {most} times on this page.",
        "Eine Woche fasst auf dieser Seite höchstens {most} Zeiten.",
        "A week holds at most {most} times on this page.",
    ),
    Sentence(
        "This page has no such button; load it anew.",
        "Diesen Knopf hat die Seite nicht; bitte neu laden.",
    ),
    Sentence(
        "That schedule is not there any more; load the page anew.",
        "Diese Woche gibt es nicht mehr; die Seite neu laden.",
        "That week is not there any more; load the page anew.",
    ),
    Sentence(
        "That is not there any more; load the page anew.",
        "Das gibt es nicht mehr; die Seite neu laden.",
    ),
    Sentence(
        "A schedule has no name; give it one, or remove it.",
        "Eine Woche hat keinen Namen; einen geben oder sie entfernen.",
        "A week has no name; give it one, or remove it.",
    ),
    Sentence(
        "A group has no name; give it one, or remove it.",
        "Eine Gruppe hat keinen Namen; einen geben oder sie entfernen.",
    ),
    Sentence(
        "Two of kind schedule are named {name}; give one another name.",
        "Zwei Wochen heißen {name}; einer einen anderen Namen geben.",
        "Two weeks are named {name}; give one another name.",
    ),
    Sentence(
        "Two of kind group are named {name}; give one another name.",
        "Zwei Gruppen heißen {name}; einer einen anderen Namen geben.",
        "Two groups are named {name}; give one another name.",
    ),
    Sentence(
        "The rules did not arrive whole; load the page anew.",
        "Die Regeln kamen nicht vollständig an; die Seite neu laden.",
    ),
)

COMPLAINTS: Sequence[Sentence] = (*ENTERED, *PHOTOS, *OPERATORS, *DRAFTS)
