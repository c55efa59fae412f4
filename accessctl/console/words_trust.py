"""The words of the page on how to trust the hub."""

from collections.abc import Mapping

from accessctl.console.words import Phrase

TRUST: Mapping[str, Phrase] = {
    "trust.title": Phrase("Trust this console", "Dieser Seite vertrauen"),
    "trust.own": Phrase(
        "This console shows a certificate of your own. If your browser warns of it, it does not "
        "know the authority that issued it, or the certificate has run out.",
        "Diese Seite zeigt ein eigenes Zertifikat. Warnt Ihr Browser davor, so kennt er die Stelle "
        "nicht, die es ausgestellt hat, oder es ist abgelaufen.",
    ),
    "trust.why": Phrase(
        "Your browser warns because the certificate of this console was issued by your hub itself, "
        "which no browser knows. There are two ways to end that.",
        "Ihr Browser warnt, weil das Zertifikat dieser Seite von Ihrem Hub selbst stammt, den kein "
        "Browser kennt. Das lässt sich auf zwei Wegen ändern.",
    ),
    "trust.domain": Phrase("With a domain of your own", "Mit einer eigenen Domain"),
    "trust.domain_how": Phrase(
        "Get a certificate for a name of yours, from Let's Encrypt for example, and name its files "
        "in console.certificate and console.key, and the name in console.name. No device then "
        "needs anything.",
        "Besorgen Sie ein Zertifikat für einen Namen, der Ihnen gehört, etwa von Let's Encrypt. "
        "Nennen Sie seine Dateien in console.certificate und console.key und den Namen in "
        "console.name. Auf den Geräten ist dann nichts zu tun.",
    ),
    "trust.authority": Phrase("With the hub's own authority", "Mit der Zertifikatsstelle des Hubs"),
    "trust.authority_warning": Phrase(
        "Whoever holds the hub's keys can then make certificates for any site that this device "
        "will believe. Do it only on devices that you use for this, and only for a hub of yours.",
        "Wer die Schlüssel des Hubs hat, kann danach Zertifikate für jede Website ausstellen, "
        "denen das Gerät glaubt. Tun Sie das nur auf Geräten, die Sie hierfür benutzen, und nur "
        "für Ihren eigenen Hub.",
    ),
    "trust.compare": Phrase(
        "First compare this fingerprint (SHA-256) with what “accessctl hub run” printed in the "
        "terminal. If they differ, somebody stands between you and the hub: stop.",
        "Vergleichen Sie zuerst diesen Fingerabdruck (SHA-256) mit dem, den „accessctl hub run“ im "
        "Terminal gezeigt hat. Ist er ein anderer, steht jemand zwischen Ihnen und dem Hub: "
        "Brechen Sie ab.",
    ),
    "trust.download": Phrase("Download the certificate", "Zertifikat herunterladen"),
    "trust.windows": Phrase("Windows (Edge, Chrome)", "Windows (Edge, Chrome)"),
    "trust.windows_how": Phrase(
        "Open {file}, choose Install Certificate, Current User, Place all certificates in the "
        "following store, Trusted Root Certification Authorities. Compare the thumbprint there.",
        "Öffnen Sie {file}, wählen Sie „Zertifikat installieren“, „Aktueller Benutzer“, „Alle "
        "Zertifikate in folgendem Speicher speichern“, „Vertrauenswürdige "
        "Stammzertifizierungsstellen“.",
    ),
    "trust.mac": Phrase("macOS (Safari, Chrome)", "macOS (Safari, Chrome)"),
    "trust.mac_how": Phrase(
        "Open {file}, which adds it to Keychain Access; there open it, unfold Trust, and choose "
        "Always Trust for SSL.",
        "Öffnen Sie {file}; es kommt in die Schlüsselbundverwaltung. Öffnen Sie es dort, klappen "
        "Sie „Vertrauen“ auf und wählen Sie bei SSL „Immer vertrauen“.",
    ),
    "trust.linux": Phrase("Linux (Chrome, Chromium)", "Linux (Chrome, Chromium)"),
    "trust.linux_how": Phrase(
        "Settings, Privacy and security, Security, Manage certificates, Authorities: import {file} "
        "and allow it to identify websites.",
        "Einstellungen, Datenschutz und Sicherheit, Sicherheit, Zertifikate verwalten, "
        "Zertifizierungsstellen: {file} importieren und für Websites erlauben.",
    ),
    "trust.firefox": Phrase("Firefox on any of them", "Firefox auf allen Systemen"),
    "trust.firefox_how": Phrase(
        "Settings, Privacy and Security, Certificates, View Certificates, Authorities, Import: "
        "choose {file} and trust it to identify websites.",
        "Einstellungen, Datenschutz und Sicherheit, Zertifikate, Zertifikate anzeigen, "
        "Zertifizierungsstellen, Importieren: {file} wählen und Websites damit bestätigen.",
    ),
    "trust.android": Phrase("Android", "Android"),
    "trust.android_how": Phrase(
        "Settings, Security and privacy, More, Encryption and credentials, Install a certificate, "
        "CA certificate: choose {file}. The menu's names differ with the maker.",
        "Einstellungen, Sicherheit und Datenschutz, Weitere Einstellungen, Verschlüsselung und "
        "Anmeldedaten, Zertifikat installieren, CA-Zertifikat: {file} wählen. Je nach Hersteller "
        "heißen die Menüs anders.",
    ),
    "trust.iphone": Phrase("iPhone and iPad", "iPhone und iPad"),
    "trust.iphone_how": Phrase(
        "Open this page in Safari and download {file}. Then Settings, Profile Downloaded, Install. "
        "Then Settings, General, About, Certificate Trust Settings: switch it on for the hub.",
        "Öffnen Sie diese Seite in Safari und laden Sie {file}. Dann Einstellungen, „Profil "
        "geladen“, „Installieren“. Danach Einstellungen, Allgemein, Info, "
        "Zertifikatsvertrauenseinstellungen: für den Hub einschalten.",
    ),
    "trust.then": Phrase(
        "Then open the console anew under the name {name}: passkeys are bound to it.",
        "Öffnen Sie die Seite danach neu unter dem Namen {name}: Daran sind Passkeys gebunden.",
    ),
}
