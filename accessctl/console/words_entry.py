"""The words of the pages for signing in, and for accounts."""

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
    "entry.misdirected": Phrase(
        "This console is not known by that name; it is: {names}",
        "Unter diesem Namen ist die Konsole nicht bekannt; sie heißt: {names}",
    ),
    "entry.from_elsewhere": Phrase(
        "Only a page of this console may ask for that.",
        "Darum darf nur eine Seite dieser Konsole bitten.",
    ),
    "entry.no_length": Phrase(
        "The request does not say how long it is; send it with another browser.",
        "Die Anfrage sagt nicht, wie lang sie ist; senden Sie sie mit einem anderen Browser.",
    ),
    "entry.too_large": Phrase(
        "That is too much at once: {most} MB may be sent. Go back and send less, or smaller "
        "photos.",
        "Das ist zu viel auf einmal: {most} MB dürfen es sein. Gehen Sie zurück und senden Sie "
        "weniger oder kleinere Fotos.",
    ),
    "entry.sign_in": Phrase("Sign in", "Anmelden"),
    "entry.with_passkey": Phrase("With a passkey", "Mit einem Passkey"),
    "entry.with_provider": Phrase(
        "With your organisation's account",
        "Mit dem Konto Ihrer Organisation",
    ),
    "entry.with_password": Phrase("With password and code", "Mit Passwort und Code"),
    "entry.name": Phrase("Name", "Name"),
    "entry.password": Phrase("Password", "Passwort"),
    "entry.code": Phrase("Code from the app", "Code aus der App"),
    "entry.invited": Phrase("I have an invitation", "Ich habe eine Einladung"),
    "entry.go_on": Phrase("Go on", "Weiter"),
    "entry.passkey_failed": Phrase(
        "The passkey was not used; try again.",
        "Der Passkey wurde nicht benutzt; versuchen Sie es noch einmal.",
    ),
    "entry.passkey_unsupported": Phrase(
        "This browser knows no passkeys.",
        "Dieser Browser kennt keine Passkeys.",
    ),
    "entry.prove": Phrase("Show that it is you", "Zeigen Sie, dass Sie es sind"),
    "entry.prove_why": Phrase(
        "What you are about to do asks for that again, if it was more than five minutes "
        "ago. Then repeat what you did.",
        "Für das, was Sie vorhaben, wird das noch einmal verlangt, wenn es mehr als fünf "
        "Minuten her ist. Wiederholen Sie danach Ihren Schritt.",
    ),
    "entry.invitation": Phrase("Invitation", "Einladung"),
    "entry.invitation_how": Phrase(
        "Enter the code that you were given. It counts once, and for 15 minutes.",
        "Geben Sie den Code ein, den Sie bekommen haben. Er gilt einmal und 15 Minuten lang.",
    ),
    "entry.invitation_code": Phrase("Code of the invitation", "Code der Einladung"),
    "entry.wait": Phrase(
        "Too many tries. Wait {seconds} s.",
        "Zu viele Versuche. Warten Sie {seconds} s.",
    ),
    "entry.not_recognised": Phrase(
        "You were not recognised: something of what you gave is not right.",
        "Sie wurden nicht erkannt: Etwas an den Angaben stimmt nicht.",
    ),
    "entry.code_not_taken": Phrase(
        "This code does not count: it was used, it ran out after 15 minutes, or it was "
        "mistyped. Ask for another invitation.",
        "Dieser Code gilt nicht: Er wurde benutzt, ist nach 15 Minuten abgelaufen oder "
        "enthält einen Tippfehler. Bitten Sie um eine neue Einladung.",
    ),
    "entry.not_an_operator": Phrase(
        "You were not recognised as an operator of this site. Ask one to invite you with "
        "the address that your organisation knows you by.",
        "Sie wurden nicht als Bedienende dieser Anlage erkannt. Bitten Sie um eine "
        "Einladung mit der Adresse, unter der Ihre Organisation Sie führt.",
    ),
    "account.set_up": Phrase("How you sign in", "Wie Sie sich anmelden"),
    "account.set_up_for": Phrase(
        "Choose how {name} signs in: a passkey, or a password with an app.",
        "Wählen Sie, wie {name} sich anmeldet: mit einem Passkey oder mit Passwort und App.",
    ),
    "account.passkey": Phrase("Passkey", "Passkey"),
    "account.passkey_how": Phrase(
        "Your device keeps it and checks by finger, face or PIN that it is you.",
        "Ihr Gerät verwahrt ihn und prüft mit Finger, Gesicht oder PIN, dass Sie es sind.",
    ),
    "account.passkey_elsewhere": Phrase(
        "Passkeys are bound to the name {name}: open the console under that name.",
        "Passkeys sind an den Namen {name} gebunden: Öffnen Sie die Seite unter diesem Namen.",
    ),
    "account.label": Phrase("What you call this device", "Wie Sie dieses Gerät nennen"),
    "account.make_passkey": Phrase("Make a passkey", "Passkey anlegen"),
    "account.password": Phrase("Password and app", "Passwort und App"),
    "account.password_how": Phrase(
        "Let an authenticator app read this picture, then enter the code that it shows.",
        "Lesen Sie dieses Bild mit einer Authenticator-App und geben Sie dann den Code "
        "ein, den sie zeigt.",
    ),
    "account.secret": Phrase("Or type it in:", "Oder von Hand:"),
    "account.new_password": Phrase(
        "New password (12 characters or more)",
        "Neues Passwort (mindestens 12 Zeichen)",
    ),
    "account.may": Phrase("May", "Darf"),
    "account.passkeys": Phrase("Passkeys", "Passkeys"),
    "account.remove": Phrase("Remove", "Entfernen"),
    "account.none": Phrase("None.", "Keine."),
    "account.has_password": Phrase(
        "You can sign in with a password and an app, too.",
        "Sie können sich auch mit Passwort und App anmelden.",
    ),
    "account.has_no_password": Phrase("You have no password.", "Sie haben kein Passwort."),
    "account.sessions": Phrase("Signed in", "Angemeldet"),
    "account.end": Phrase("Sign out there", "Dort abmelden"),
    "account.everywhere": Phrase("Sign out everywhere", "Überall abmelden"),
    "way.invitation": Phrase("invitation", "Einladung"),
    "way.passkey": Phrase("passkey", "Passkey"),
    "way.password": Phrase("password and app", "Passwort und App"),
    "way.oidc": Phrase("organisation's account", "Konto der Organisation"),
}
