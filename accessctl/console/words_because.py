"""Why a door refused, ended or let go what was asked of it, by the word that its record has."""

from collections.abc import Mapping

from accessctl.console.words import Phrase

BECAUSE: Mapping[str, Phrase] = {
    "because.time": Phrase("time is over", "die Zeit ist um"),
    "because.stopped": Phrase("the door was stopped", "die Tür wurde beendet"),
    "because.locked_down": Phrase("the door is locked down", "die Tür ist verriegelt"),
    "because.face_entry_off": Phrase("face entry is off", "Eintritt mit Gesicht ist aus"),
    "because.interlock": Phrase("the other door is not shut", "die andere Tür ist nicht zu"),
    "because.retained": Phrase("it was kept for later", "er war für später aufgehoben"),
    "because.age": Phrase("it is too old", "er ist zu alt"),
    "because.repeated": Phrase("it was heard before", "er kam schon einmal"),
    "because.too_many": Phrase("too many at once", "zu viele auf einmal"),
    "because.evacuation": Phrase("the door is set to evacuation", "die Tür steht auf Räumung"),
    "because.nothing_to_release": Phrase(
        "the door is not set to evacuation", "die Tür steht nicht auf Räumung"
    ),
    "because.seconds": Phrase("it says no length of time", "er nennt keine Dauer"),
    "because.open_already": Phrase("the door stands open", "die Tür steht offen"),
    "because.no_hub": Phrase("this door belongs to no hub", "diese Tür gehört zu keinem Hub"),
    "because.unreadable": Phrase("it cannot be read", "er ist nicht lesbar"),
    "because.other_site": Phrase("it is another site's", "er ist von einer anderen Anlage"),
    "because.forged": Phrase(
        "this site's hub did not make it", "der Hub dieser Anlage hat ihn nicht ausgestellt"
    ),
    "because.no_clock": Phrase(
        "the door does not know what time it is", "die Tür weiß nicht, wie spät es ist"
    ),
    "because.too_early": Phrase("it is not valid yet", "er gilt noch nicht"),
    "because.over": Phrase("it is not valid any more", "er gilt nicht mehr"),
    "because.withdrawn": Phrase("it was withdrawn", "er wurde zurückgezogen"),
    "because.other_door": Phrase("it is for other doors", "er ist für andere Türen"),
    "because.nobody": Phrase(
        "whose it is, is not enrolled here", "wem er gehört, ist hier nicht hinterlegt"
    ),
    "because.other_group": Phrase(
        "whose it is, is not in its group", "wem er gehört, ist nicht in seiner Gruppe"
    ),
    "because.unknown": Phrase(
        "the door does not know which were withdrawn",
        "die Tür weiß nicht, welche zurückgezogen sind",
    ),
}
