"""The words of enrolment by a door's camera, what is wrong with what it saw among them."""

from collections.abc import Mapping

from accessctl.console.words import Phrase

CAMERA: Mapping[str, Phrase] = {
    "camera.make": Phrase("Enrol by a door's camera", "Mit der Kamera einer Tür hinterlegen"),
    "camera.make_hint": Phrase(
        "They stand before the door, and you see what its camera sees: three photos, each judged "
        "as that door judges.",
        "Die Person steht vor der Tür, und Sie sehen, was deren Kamera sieht: drei Fotos, jedes so "
        "beurteilt, wie diese Tür urteilt.",
    ),
    "camera.new": Phrase("New person, before a door", "Neue Person, vor einer Tür"),
    "camera.of": Phrase("Photos of {name}", "Fotos von {name}"),
    "camera.which": Phrase("Which door", "Welche Tür"),
    "camera.none": Phrase(
        "No door is connected now. One that is, and shows you pictures (sync.live), is offered "
        "here.",
        "Gerade ist keine Tür verbunden. Wenn eine es ist und Bilder zeigt (sync.live), steht sie "
        "hier.",
    ),
    "camera.holds": Phrase(
        "Meanwhile that door decides on nobody's face: it opens for none, and refuses none. It "
        "goes on by itself a minute after the last photo.",
        "Solange entscheidet diese Tür über kein Gesicht: Sie öffnet keinem und weist keinen ab. "
        "Eine Minute nach dem letzten Foto geht es von selbst weiter.",
    ),
    "camera.begin": Phrase("Go on", "Weiter"),
    "camera.read": Phrase(
        "Whoever is photographed reads this, and types their own name.",
        "Wer fotografiert wird, liest dies und tippt den eigenen Namen.",
    ),
    "camera.notice": Phrase(
        "Whoever runs these doors keeps your name, three photos, and what their program reads from "
        "your face, to let you in, until you ask to be removed.",
        "Wer diese Türen betreibt, behält Ihren Namen, drei Fotos und was das Programm aus Ihrem "
        "Gesicht liest, um Sie einzulassen, bis Sie um die Löschung bitten.",
    ),
    "camera.at": Phrase("At {door}", "An {door}"),
    "camera.stand": Phrase(
        "They stand before the camera of {door}, alone, and look into it. Left and right are their "
        "own.",
        "Die Person steht allein vor der Kamera von {door} und sieht hinein. Links und rechts sind "
        "ihre eigenen.",
    ),
    "camera.front": Phrase("Look straight", "Gerade hineinsehen"),
    "camera.left": Phrase("Turn a little left", "Ein wenig nach links drehen"),
    "camera.right": Phrase("Turn a little right", "Ein wenig nach rechts drehen"),
    "camera.shoot": Phrase("Take the photo", "Foto aufnehmen"),
    "camera.shooting": Phrase("Hold still", "Stillhalten"),
    "outcome.enrolment": Phrase("Being enrolled", "Wird hinterlegt"),
    "camera.retake": Phrase("Retake", "Neu aufnehmen"),
    "camera.taken": Phrase("The three photos", "Die drei Fotos"),
    "camera.missing": Phrase("not taken yet", "noch nicht aufgenommen"),
    "camera.complete": Phrase("All three photos are there", "Alle drei Fotos sind da"),
    "camera.complete_hint": Phrase(
        "Is it {name}, alone, three times? Nothing is enrolled before you approve.",
        "Ist das dreimal {name}, allein? Vor Ihrer Annahme ist nichts hinterlegt.",
    ),
    "camera.stop": Phrase("Stop, and forget the photos", "Abbrechen und Fotos vergessen"),
    "camera.gone": Phrase(
        "These photos are not there any more; begin anew.",
        "Diese Fotos sind nicht mehr da; beginnen Sie neu.",
    ),
    "camera.no_face": Phrase(
        "The camera saw no face; step in front of it.",
        "Die Kamera sah kein Gesicht; treten Sie davor.",
    ),
    "camera.several_faces": Phrase(
        "There are several faces; only one person may be in view.",
        "Es sind mehrere Gesichter da; nur eine Person darf im Bild sein.",
    ),
    "camera.unclear": Phrase(
        "The face is hidden or unclear; show all of it.",
        "Das Gesicht ist verdeckt oder undeutlich; zeigen Sie es ganz.",
    ),
    "camera.too_far": Phrase(
        "The face is too small; step closer.", "Das Gesicht ist zu klein; treten Sie näher."
    ),
    "camera.too_blurred": Phrase(
        "The face is blurred; hold still.", "Das Gesicht ist unscharf; halten Sie still."
    ),
    "camera.too_dark": Phrase(
        "The face is too dark; make more light.",
        "Das Gesicht ist zu dunkel; sorgen Sie für mehr Licht.",
    ),
    "camera.too_bright": Phrase(
        "The face is overexposed; take light away.",
        "Das Gesicht ist überbelichtet; nehmen Sie Licht weg.",
    ),
    "camera.turned_away": Phrase(
        "The face is turned away too far; turn back a little.",
        "Das Gesicht ist zu weit abgewandt; drehen Sie sich ein wenig zurück.",
    ),
    "camera.upside_down": Phrase(
        "The face stands on its head; see to the camera.",
        "Das Gesicht steht auf dem Kopf; sehen Sie nach der Kamera.",
    ),
    "camera.cut_off": Phrase(
        "The face is cut off by the edge of the picture; step to the middle.",
        "Das Gesicht ist vom Bildrand abgeschnitten; treten Sie in die Mitte.",
    ),
    "camera.not_straight": Phrase(
        "The face is turned; look straight into the camera.",
        "Das Gesicht ist gedreht; sehen Sie gerade in die Kamera.",
    ),
    "camera.not_turned": Phrase(
        "The face is not turned far enough; turn a little more.",
        "Das Gesicht ist nicht weit genug gedreht; drehen Sie sich etwas mehr.",
    ),
    "camera.other_way": Phrase(
        "The face is turned the other way.", "Das Gesicht ist zur anderen Seite gedreht."
    ),
    "camera.somebody_else": Phrase(
        "The photo shows somebody else.", "Das Foto zeigt jemand anderen."
    ),
    "camera.unfit": Phrase(
        "The photo cannot be used; take another one.",
        "Das Foto ist nicht zu gebrauchen; nehmen Sie ein anderes auf.",
    ),
    "camera.no_picture": Phrase(
        "The camera gave no picture; see to the door.",
        "Die Kamera gab kein Bild; sehen Sie nach der Tür.",
    ),
    "camera.failed": Phrase(
        "The door could not look at the picture; its log says why.",
        "Die Tür konnte das Bild nicht betrachten; ihr Protokoll sagt, warum.",
    ),
}
