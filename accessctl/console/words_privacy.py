"""The words of what a person may ask for: consent, a copy of their data, deletion and its proof."""

from collections.abc import Mapping

from accessctl.console.words import Phrase

PRIVACY: Mapping[str, Phrase] = {
    "privacy.consent": Phrase("Consent", "Einwilligung"),
    "privacy.none": Phrase(
        "No consent, and no other basis, is on record.",
        "Weder Einwilligung noch andere Grundlage ist vermerkt.",
    ),
    "privacy.withheld": Phrase(
        "Without one they are sent to no door (hub.consent is required).",
        "Ohne sie gehen ihre Daten an keine Tür (hub.consent ist required).",
    ),
    "privacy.counts": Phrase("Counts", "Gilt"),
    "privacy.over": Phrase("Counts no more", "Gilt nicht mehr"),
    "privacy.withdrawn": Phrase("Withdrawn", "Widerrufen"),
    "privacy.to_version": Phrase("To version {version} of the text", "Zu Fassung {version}"),
    "privacy.other_basis": Phrase("Another legal basis", "Andere Rechtsgrundlage"),
    "privacy.how.typed_name": Phrase(
        "by typing their name, {time}", "durch Eintippen des Namens, {time}"
    ),
    "privacy.how.drawn": Phrase("by a drawn signature, {time}", "durch Unterschrift, {time}"),
    "privacy.how.witness": Phrase("before a witness, {time}", "vor Zeugen, {time}"),
    "privacy.how.other_basis": Phrase("put on record {time}", "vermerkt {time}"),
    "privacy.until": Phrase("until {time}", "bis {time}"),
    "privacy.signature": Phrase("The signature", "Die Unterschrift"),
    "privacy.who_hidden": Phrase(
        "Who signed or witnessed shows to operators with “privacy”.",
        "Wer unterschrieb oder bezeugte, sehen Bedienende mit „Datenschutz“.",
    ),
    "privacy.add": Phrase("Put a consent on record", "Einwilligung vermerken"),
    "privacy.add_to": Phrase(
        "Given on paper, to version {version} of the site's text.",
        "Auf Papier gegeben, zu Fassung {version} des Textes der Anlage.",
    ),
    "privacy.no_text": Phrase(
        "The site has no text to consent to yet.", "Die Anlage hat noch keinen Text dafür."
    ),
    "privacy.way": Phrase("How", "Wie"),
    "privacy.way.witness": Phrase("On paper, witnessed by", "Auf Papier, bezeugt von"),
    "privacy.way.typed_name": Phrase("Signed with the name", "Unterschrieben mit dem Namen"),
    "privacy.way.other_basis": Phrase(
        "No consent: another legal basis, in words", "Keine Einwilligung: andere Grundlage"
    ),
    "privacy.words": Phrase("Who, or which basis", "Wer, oder welche Grundlage"),
    "privacy.keep_record": Phrase("Put on record", "Vermerken"),
    "privacy.withdraw": Phrase("Withdraw their consent", "Einwilligung widerrufen"),
    "privacy.withdraw_what": Phrase(
        "Their consent counts no more, and everything of {name} is erased, here and at all "
        "doors. Type the name to do it.",
        "Die Einwilligung gilt nicht mehr, und alles von {name} wird gelöscht, hier und an allen "
        "Türen. Dazu den Namen eintippen.",
    ),
    "privacy.export": Phrase("A copy of their data", "Kopie ihrer Daten"),
    "privacy.export_what": Phrase(
        "Everything that the site keeps of {name}, in a zip that is not encrypted: hand it over "
        "as you would their photos. It is on record.",
        "Alles, was die Anlage von {name} hat, in einer unverschlüsselten Zip-Datei: weiterzugeben "
        "wie die Fotos selbst. Es wird vermerkt.",
    ),
    "privacy.export_now": Phrase("Download all of it", "Alles herunterladen"),
    "privacy.stay": Phrase("How long they are kept", "Wie lange sie bleiben"),
    "privacy.granted": Phrase("Let in last", "Zuletzt eingelassen"),
    "privacy.ends": Phrase("Disabled, if they stay away, on", "Gesperrt, bleiben sie weg, am"),
    "privacy.disabled": Phrase("Disabled at all doors since", "Gesperrt an allen Türen seit"),
    "privacy.removed_on": Phrase("Removed for good on", "Endgültig entfernt am"),
    "privacy.never_ends": Phrase(
        "Nobody expires at this site.",
        "An dieser Anlage läuft niemand ab.",
    ),
    "privacy.keep": Phrase("Count their absence from now on", "Abwesenheit ab jetzt zählen"),
    "privacy.keep_of": Phrase(
        "Count the absence of {name} from now on", "Abwesenheit von {name} ab jetzt zählen"
    ),
    "privacy.certificate": Phrase("Certificate of deletion", "Löschbescheinigung"),
    "privacy.proof": Phrase("Proof", "Nachweis"),
    "privacy.owed_lead": Phrase(
        "{count} removal waits for doors to sign. | {count} removals wait for doors to sign.",
        "{count} Entfernung wartet auf Unterschriften von Türen. | {count} Entfernungen warten "
        "auf Unterschriften von Türen.",
    ),
    "privacy.title": Phrase("Consent and retention", "Einwilligung und Aufbewahrung"),
    "privacy.lead": Phrase(
        "What people consent to, who has consented to none of it, and who stays away.",
        "Worin Personen einwilligen, wer es nicht getan hat und wer wegbleibt.",
    ),
    "privacy.required": Phrase(
        "Whoever has no consent that counts is sent to no door (hub.consent is required).",
        "Wer keine gültige Einwilligung hat, ist an keiner Tür (hub.consent ist required).",
    ),
    "privacy.recorded": Phrase(
        "Consents are kept, and nobody is sent away for want of one (hub.consent is recorded).",
        "Einwilligungen werden vermerkt; niemand wird abgewiesen, dem eine fehlt (hub.consent ist "
        "recorded).",
    ),
    "privacy.have": Phrase(
        "{count} person has a consent, or another basis, that counts. | {count} people have a "
        "consent, or another basis, that counts.",
        "{count} Person hat eine gültige Einwilligung oder andere Grundlage. | {count} Personen "
        "haben eine gültige Einwilligung oder andere Grundlage.",
    ),
    "privacy.without": Phrase("Without one", "Ohne"),
    "privacy.nobody_without": Phrase("Nobody.", "Niemand."),
    "privacy.ending": Phrase("Counts for some time only", "Gilt nur noch befristet"),
    "privacy.and_more": Phrase("And {count} more.", "Und {count} weitere."),
    "privacy.texts": Phrase("Versions of the text", "Fassungen des Textes"),
    "privacy.no_version": Phrase("There is none yet.", "Es gibt noch keine."),
    "privacy.version": Phrase("Version {version}, {time}", "Fassung {version}, {time}"),
    "privacy.earlier_until": Phrase(
        "Consents to earlier versions count until {time}.",
        "Einwilligungen zu früheren Fassungen gelten bis {time}.",
    ),
    "privacy.new_text": Phrase("A new version", "Eine neue Fassung"),
    "privacy.new_text_what": Phrase(
        "No version is ever changed or removed. Earlier consents count on, unless everybody is "
        "asked anew.",
        "Keine Fassung wird je geändert oder entfernt. Frühere Einwilligungen gelten weiter, es "
        "sei denn, alle werden neu gefragt.",
    ),
    "privacy.text": Phrase("The text, word for word", "Der Text, Wort für Wort"),
    "privacy.again": Phrase("Ask everybody anew", "Alle neu fragen"),
    "privacy.last_day": Phrase(
        "Last day on which earlier consents count", "Letzter Tag, an dem frühere gelten"
    ),
    "privacy.keep_text": Phrase("Make it the newest version", "Zur neuesten Fassung machen"),
    "privacy.expiring": Phrase("Who stays away", "Wer wegbleibt"),
    "privacy.expiry_is": Phrase(
        "Whoever is let in nowhere for {after} is disabled at all doors, and removed {remove} "
        "later.",
        "Wer {after} nirgends eingelassen wurde, wird an allen Türen gesperrt und {remove} "
        "später entfernt.",
    ),
    "privacy.expiry_configured": Phrase(
        "The hub's configuration says so (hub.expire_after_days, hub.remove_after_days).",
        "So sagt es die Konfiguration des Hubs (hub.expire_after_days, hub.remove_after_days).",
    ),
    "privacy.expiry_set": Phrase("Set here on {time}.", "Hier festgelegt am {time}."),
    "privacy.expiry_change": Phrase("After how long they expire", "Nach welcher Zeit sie ablaufen"),
    "privacy.expiry_change_what": Phrase(
        "What you enter is first looked at: whom it would let expire, and when. Then it can be "
        "saved. It is judged once a day.",
        "Was hier steht, wird erst angesehen: wen es ablaufen ließe, und wann. Danach lässt es "
        "sich speichern. Geurteilt wird einmal am Tag.",
    ),
    "privacy.disable_days": Phrase(
        "Days without being let in until they are disabled; empty: never",
        "Tage ohne Einlass, bis sie gesperrt werden; leer: nie",
    ),
    "privacy.remove_days": Phrase(
        "Days from then on until they are removed", "Tage von da an, bis sie entfernt werden"
    ),
    "privacy.warn_days": Phrase(
        "Days before they are disabled from which they are listed",
        "Tage vor der Sperrung, ab denen sie aufgeführt sind",
    ),
    "privacy.expiry_look": Phrase("See whom it would concern", "Ansehen, wen es beträfe"),
    "privacy.expiry_look_configured": Phrase(
        "As the configuration says", "Wie die Konfiguration sagt"
    ),
    "privacy.trial": Phrase("Whom this would let expire", "Wen das ablaufen ließe"),
    "privacy.trial_nothing": Phrase(
        "Nothing is saved yet. The days below are those if they are let in nowhere until then.",
        "Gespeichert ist noch nichts. Die Tage unten gelten, wenn sie bis dahin nirgends "
        "eingelassen werden.",
    ),
    "privacy.trial_removed": Phrase(
        "Removed within a day: {count}", "Entfernt binnen eines Tages: {count}"
    ),
    "privacy.trial_at_once": Phrase(
        "Disabled within a day: {count}", "Gesperrt binnen eines Tages: {count}"
    ),
    "privacy.trial_soon": Phrase(
        "Disabled within 30 days: {count}", "Gesperrt binnen 30 Tagen: {count}"
    ),
    "privacy.trial_restored": Phrase("Enabled again: {count}", "Wieder freigegeben: {count}"),
    "privacy.trial_seen": Phrase("Absent since", "Abwesend seit"),
    "privacy.trial_disabled": Phrase("Disabled on", "Gesperrt am"),
    "privacy.trial_gone": Phrase("Removed on", "Entfernt am"),
    "privacy.trial_now": Phrase("As it is now: disabled on", "Wie es jetzt ist: gesperrt am"),
    "privacy.trial_nobody": Phrase("It concerns nobody.", "Es betrifft niemanden."),
    "privacy.trial_same": Phrase("That is how it is already.", "So ist es bereits."),
    "privacy.nobody_expiring": Phrase("Nobody is near that.", "Niemand ist nahe daran."),
    "privacy.behind": Phrase(
        "Nobody is disabled before the logs of these doors are here: {doors}",
        "Niemand wird gesperrt, ehe die Logs dieser Türen hier sind: {doors}",
    ),
    "privacy.is_disabled": Phrase("disabled, removed on {time}", "gesperrt, entfernt am {time}"),
    "privacy.will_be": Phrase("disabled on {time}", "gesperrt am {time}"),
    "privacy.sign_here": Phrase(
        "Sign here as well, if you like: with a finger, a pen or the mouse. The typed name is "
        "enough.",
        "Hier auch unterschreiben, wer mag: mit Finger, Stift oder Maus. Der getippte Name genügt.",
    ),
    "privacy.clear": Phrase("Clear the signature", "Unterschrift löschen"),
    "privacy.signed": Phrase("Signed.", "Unterschrieben."),
    "privacy.cleared": Phrase("The signature is cleared.", "Die Unterschrift ist gelöscht."),
}
