"""The words of the page of the site's rules, and of their trial."""

from collections.abc import Mapping

from accessctl.console.words import Phrase

RULES: Mapping[str, Phrase] = {
    "rules.title": Phrase("Rules", "Regeln"),
    "rules.lead": Phrase(
        "Who may enter when, at all doors. Nothing changes until you have tried it and saved it.",
        "Wer wann hinein darf, an allen Türen. Nichts ändert sich, ehe es erprobt und gespeichert "
        "ist.",
    ),
    "rules.not_known": Phrase(
        "The site's rules cannot be read: they are damaged, or a newer release wrote them. Nobody "
        "can be put into a group meanwhile, and times are told as before. Upgrade the hub, or set "
        "the rules anew: accessctl hub rules set FILE.",
        "Die Regeln des Standorts sind nicht lesbar: beschädigt, oder von einer neueren Version. "
        "Niemand kommt solange in eine Gruppe, und Zeiten gelten wie zuvor. Den Hub aktualisieren "
        "oder die Regeln neu setzen: accessctl hub rules set DATEI.",
    ),
    "rules.schedules": Phrase("Weeks", "Wochen"),
    "rules.schedule": Phrase("Week {number}", "Woche {number}"),
    "rules.schedule_of": Phrase("The week {name}", "Die Woche {name}"),
    "rules.no_schedule": Phrase(
        "No week is written down: whoever may enter may do so at any time.",
        "Keine Woche ist angelegt: wer hinein darf, darf es jederzeit.",
    ),
    "rules.name": Phrase("Name", "Name"),
    "rules.span": Phrase("Time {number}", "Zeit {number}"),
    "rules.opens": Phrase("From", "Von"),
    "rules.closes": Phrase("Until", "Bis"),
    "rules.times_note": Phrase(
        "Times such as 08:30, up to 24:00; an end before its beginning is on the next day. Hol "
        "is for the holidays below, on which the weekday does not count.",
        "Zeiten wie 08:30, bis 24:00; ein Ende vor seinem Anfang liegt am nächsten Tag. Feiert. "
        "gilt an den Feiertagen unten; der Wochentag zählt dann nicht.",
    ),
    "rules.add_span": Phrase("Add a time", "Zeit hinzufügen"),
    "rules.add_schedule": Phrase("Add a week", "Woche hinzufügen"),
    "rules.add_group": Phrase("Add a group", "Gruppe hinzufügen"),
    "rules.drop": Phrase("Remove", "Entfernen"),
    "rules.groups": Phrase("Groups", "Gruppen"),
    "rules.groups_note": Phrase(
        "Whoever is in a group may enter at its doors, in its week. A group without a door lets "
        "nobody in.",
        "Wer in einer Gruppe ist, darf an deren Türen hinein, in deren Woche. Eine Gruppe ohne Tür "
        "lässt niemanden ein.",
    ),
    "rules.group": Phrase("Group {number}", "Gruppe {number}"),
    "rules.no_group": Phrase(
        "There is no group: a door lets people in by its own rules.",
        "Es gibt keine Gruppe: jede Tür lässt nach ihren eigenen Regeln ein.",
    ),
    "rules.week": Phrase("Week", "Woche"),
    "rules.always": Phrase("At any time", "Jederzeit"),
    "rules.everywhere": Phrase("At every door", "An jeder Tür"),
    "rules.doors": Phrase(
        "Otherwise at these doors: front, back", "Sonst an diesen Türen: vorn, hinten"
    ),
    "rules.factor": Phrase("Asked for besides the face", "Neben dem Gesicht gefordert"),
    "rules.factor_own": Phrase("As the door says", "Wie die Tür sagt"),
    "rules.factor_off": Phrase("Nothing", "Nichts"),
    "rules.zone_and_holidays": Phrase("Time zone and holidays", "Zeitzone und Feiertage"),
    "rules.timezone": Phrase("Time zone, such as Europe/Berlin", "Zeitzone, etwa Europe/Berlin"),
    "rules.holidays": Phrase(
        "Holidays, one date a line: 2026-12-25", "Feiertage, ein Datum je Zeile: 2026-12-25"
    ),
    "rules.paint": Phrase("Paint the week {name}", "Die Woche {name} malen"),
    "rules.paint_how": Phrase(
        "Drag over the hours to open or close them; or move with the arrow keys, switch half an "
        "hour with the space bar, and go on with Shift and the arrows.",
        "Über die Stunden ziehen öffnet oder schließt sie; oder mit den Pfeiltasten gehen, mit der "
        "Leertaste eine halbe Stunde umschalten, mit Umschalt und Pfeilen weitermalen.",
    ),
    "rules.cell": Phrase("{day}, {begin} to {end}", "{day}, {begin} bis {end}"),
    "rules.partly": Phrase("in part", "zum Teil"),
    "rules.painted": Phrase("open", "offen"),
    "rules.erased": Phrase("closed", "geschlossen"),
    "rules.on_holidays": Phrase("Holidays", "Feiertage"),
    "rules.too_many": Phrase(
        "A week takes at most 30 different times; that would be more.",
        "Eine Woche fasst höchstens 30 verschiedene Zeiten; das wären mehr.",
    ),
    "rules.refresh": Phrase("Draw anew", "Neu zeichnen"),
    "rules.try": Phrase("Try it on the last 30 days", "An den letzten 30 Tagen erproben"),
    "rules.try_note": Phrase(
        "Shows whom this would have kept out or let in. Nothing is saved by it.",
        "Zeigt, wer draußen geblieben oder hineingekommen wäre. Gespeichert wird dabei nichts.",
    ),
    "rules.trial": Phrase("What these rules would have done", "Was diese Regeln bewirkt hätten"),
    "rules.trial_lead": Phrase(
        "{count} decision of the last 30 days was made again. Nothing is saved yet. | "
        "{count} decisions of the last 30 days were made again. Nothing is saved yet.",
        "{count} Entscheidung der letzten 30 Tage wurde neu getroffen. Gespeichert ist noch "
        "nichts. | {count} Entscheidungen der letzten 30 Tage wurden neu getroffen. Gespeichert "
        "ist noch nichts.",
    ),
    "rules.kept_out": Phrase("Would have been kept out", "Wären draußen geblieben"),
    "rules.let_in": Phrase("Would have been let in", "Wären hineingekommen"),
    "rules.perhaps": Phrase("Perhaps let in", "Vielleicht hinein"),
    "rules.nobody": Phrase("Nobody.", "Niemand."),
    "rules.not_named": Phrase(
        "Who they are shows to operators who may look.",
        "Wer es ist, sehen Bedienende, die ansehen dürfen.",
    ),
    "rules.and_more": Phrase("And {count} more.", "Und {count} weitere."),
    "rules.cut": Phrase(
        "Only the latest {count} decisions were looked at, back to {time}.",
        "Nur die letzten {count} Entscheidungen wurden angesehen, zurück bis {time}.",
    ),
    "rules.otherwise": Phrase(
        "Of {count} decision the present rules do not explain what the door did: it had others "
        "then, or has its own. It is not counted. | Of {count} decisions the present rules do not "
        "explain what the door did: it had others then, or has its own. They are not counted.",
        "Bei {count} Entscheidung erklären die jetzigen Regeln nicht, was die Tür tat: sie hatte "
        "andere oder hat eigene. Sie zählt nicht mit. | Bei {count} Entscheidungen erklären die "
        "jetzigen Regeln nicht, was die Tür tat: sie hatte andere oder hat eigene. Sie zählen "
        "nicht mit.",
    ),
    "rules.unreadable": Phrase(
        "{count} decision holds too little evidence to be made again. | "
        "{count} decisions hold too little evidence to be made again.",
        "{count} Entscheidung hat zu wenig Belege, um neu getroffen zu werden. | "
        "{count} Entscheidungen haben zu wenig Belege, um neu getroffen zu werden.",
    ),
    "rules.as_then": Phrase(
        "People count with the groups they had at the time; gestures, liveness and what was shown "
        "besides are taken as they were. Perhaps let in is whoever would have been asked for more "
        "first.",
        "Personen zählen mit den Gruppen, die sie damals hatten; Gesten, Lebenderkennung und was "
        "sonst gezeigt wurde, gelten wie damals. Vielleicht hinein wäre, wer erst weiter gefragt "
        "worden wäre.",
    ),
    "rules.when": Phrase("When", "Wann"),
    "rules.who": Phrase("Who", "Wer"),
    "rules.door": Phrase("Door", "Tür"),
    "rules.was": Phrase("Was", "War"),
    "rules.would_be": Phrase("Would have been", "Wäre gewesen"),
    "rules.asked_on": Phrase("asked for more", "weiter gefragt"),
    "rules.same": Phrase(
        "These are the rules that the site has already.", "Diese Regeln hat die Anlage schon."
    ),
    "rules.save": Phrase("Save for all doors", "Für alle Türen speichern"),
    "rules.change": Phrase("Change them further", "Weiter ändern"),
}
