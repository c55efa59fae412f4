"""The table of commands: what `accessctl --help` lists, without importing any of them.

A command's module holds a `front.Verb` named as the last word of the command in capitals:
`pin set` is `SET` in accessctl/cli/rules.py. A row without a module is a word that only groups
others; one with a module that groups others can be run by itself, too.
"""

from dataclasses import dataclass

DOOR, PEOPLE, RECOGNISE = "Door", "People", "Recognise"
EVIDENCE, SITE = "Evidence", "Site"
ENCODERS, SET_UP = "Encoders", "Set-up"
ADDED = "Added by other packages"


@dataclass(frozen=True, slots=True)
class CommandRow:
    """One command: its words as they are typed, and one line of what it does.

    `example` is of a word that only groups others; the others have theirs in their modules.
    """

    name: str
    group: str
    help: str
    module: str | None = None
    example: str = ""

    @property
    def attribute(self) -> str:
        """What its `Verb` is called in its module."""
        return self.name.split()[-1].replace("-", "_").upper()


COMMANDS = (
    CommandRow("run", DOOR, "Watch the door's camera and decide.", "run"),
    CommandRow("preview", DOOR, "Show the door at work in a window.", "run"),
    CommandRow("status", DOOR, "Say how the running door is.", "running_door"),
    CommandRow(
        "reload", DOOR, "Apply a changed configuration to the running door.", "running_door"
    ),
    CommandRow(
        "unlock-face",
        DOOR,
        "End a lockout, everybody's or one person's.",
        "access",
    ),
    CommandRow(
        "doorway",
        DOOR,
        "Leaf and lock: look, open once, set what the door does.",
        example="accessctl doorway posture locked_down",
    ),
    CommandRow("doorway status", DOOR, "Say how leaf and lock are.", "doorway"),
    CommandRow("doorway open", DOOR, "Unlock the door for one person.", "doorway"),
    CommandRow("doorway posture", DOOR, "Normal, open hours, lockdown or evacuation.", "doorway"),
    CommandRow("doorway release", DOOR, "End an evacuation.", "doorway"),
    CommandRow("doorway face-entry", DOOR, "Switch entry by face off or on.", "doorway"),
    CommandRow("doorway acknowledge", DOOR, "Silence an alarm that is over.", "doorway"),
    CommandRow("doorway test", DOOR, "Try every input and output at the door.", "doorway"),
    CommandRow(
        "controller",
        DOOR,
        "Tell a controller that drives the lock who was granted.",
        example="accessctl controller set Grace",
    ),
    CommandRow(
        "controller set", DOOR, "Set the number a controller knows somebody by.", "controller"
    ),
    CommandRow("controller clear", DOOR, "Take somebody's number away.", "controller"),
    CommandRow("controller pair", DOOR, "Take the controller's key, once.", "controller"),
    CommandRow(
        "policy",
        DOOR,
        "Try the rules of who may enter when.",
        example="accessctl policy test --person Grace",
    ),
    CommandRow("policy test", DOOR, "Say whether somebody may enter, and why.", "access"),
    CommandRow("enroll", PEOPLE, "Enrol a person from a photo, or a whole folder.", "enroll"),
    CommandRow("people", PEOPLE, "List the enrolled people.", "people"),
    CommandRow("people inside", PEOPLE, "List who went in and not out since.", "access"),
    CommandRow("people photos", PEOPLE, "List the photos of one person, by number.", "people"),
    CommandRow(
        "passback",
        PEOPLE,
        "Correct who counts as inside.",
        example="accessctl passback forgive Grace",
    ),
    CommandRow("passback forgive", PEOPLE, "Take somebody for one who is outside.", "access"),
    CommandRow(
        "gallery",
        PEOPLE,
        "Check the stored photos, or accept an older gallery.",
        example="accessctl gallery check",
    ),
    CommandRow(
        "gallery check",
        PEOPLE,
        "Name misfits, duplicates and look-alikes among the stored photos.",
        "people",
    ),
    CommandRow(
        "gallery accept",
        PEOPLE,
        "Let a gallery count that is older than the event log knows.",
        "people",
    ),
    CommandRow("show", PEOPLE, "Show one enrolled person, and their latest events.", "people"),
    CommandRow("rename", PEOPLE, "Give an enrolled person another name.", "people"),
    CommandRow("rules", PEOPLE, "Show or set where and when somebody may enter.", "rules"),
    CommandRow(
        "pin",
        PEOPLE,
        "Set a person's PIN, or enter one at the door.",
        example="accessctl pin set Grace",
    ),
    CommandRow("pin set", PEOPLE, "Set somebody's PIN, read from terminal or stdin.", "rules"),
    CommandRow("pin clear", PEOPLE, "Take somebody's PIN away.", "rules"),
    CommandRow(
        "pin enter", PEOPLE, "Give the running door a PIN, read from terminal or stdin.", "rules"
    ),
    CommandRow(
        "badge",
        PEOPLE,
        "Cards, codes and numbers that say who somebody claims to be.",
        example="accessctl badge set Grace",
    ),
    CommandRow("badge set", PEOPLE, "Give somebody a badge, read from stdin or reader.", "badges"),
    CommandRow("badge remove", PEOPLE, "Take badges away.", "badges"),
    CommandRow("badge list", PEOPLE, "List who has which badge since when.", "badges"),
    CommandRow("badge show", PEOPLE, "Say whose a badge is; tries the reader.", "badges"),
    CommandRow("badge present", PEOPLE, "Give the running door a badge's number.", "badges"),
    CommandRow("remove", PEOPLE, "Remove a person, or one photo of theirs, for good.", "people"),
    CommandRow("identify", RECOGNISE, "Name every face in the given images.", "recognise"),
    CommandRow("verify", RECOGNISE, "Say whether two photos show the same person.", "recognise"),
    CommandRow("embed", RECOGNISE, "Write the embeddings of photos to a file.", "recognise"),
    CommandRow("events", EVIDENCE, "Show what the door wrote down.", "events"),
    CommandRow(
        "events verify", EVIDENCE, "Find the first record that was tampered with.", "evidence"
    ),
    CommandRow("events export", EVIDENCE, "Write the log for other programs.", "evidence"),
    CommandRow("events purge", EVIDENCE, "Remove the oldest records for good.", "evidence"),
    CommandRow("events picture", EVIDENCE, "Decrypt the picture of a decision.", "evidence"),
    CommandRow("clock", EVIDENCE, "Say whether the clock is believed.", "evidence"),
    CommandRow(
        "clock confirm", EVIDENCE, "Say that the clock is right, after it jumped.", "evidence"
    ),
    CommandRow(
        "replay", EVIDENCE, "Decide recorded visits again under another configuration.", "events"
    ),
    CommandRow(
        "calibrate",
        EVIDENCE,
        "Count how near strangers of this place come to the people enrolled.",
        "calibrate",
    ),
    CommandRow(
        "liveness",
        EVIDENCE,
        "Try the liveness check, or train its network.",
        example="accessctl liveness selftest",
    ),
    CommandRow(
        "liveness selftest", EVIDENCE, "Present yourself, a print, a phone, and count.", "liveness"
    ),
    CommandRow("liveness train", EVIDENCE, "Fit the texture network.", "liveness_train"),
    CommandRow(
        "hub",
        SITE,
        "The one service of a site with many doors.",
        "hub",
    ),
    CommandRow("hub run", SITE, "Serve the doors of this site.", "hub"),
    CommandRow("hub invite", SITE, "Print the code by which a door joins.", "hub"),
    CommandRow("hub doors", SITE, "List the doors that have joined.", "hub"),
    CommandRow("hub revoke", SITE, "Let a door's certificate count no more.", "hub"),
    CommandRow("hub unlock", SITE, "Have a door open once.", "hub_orders"),
    CommandRow("hub posture", SITE, "Set what a door as a whole is at.", "hub_orders"),
    CommandRow("hub face-entry", SITE, "Switch entry by face at a door.", "hub_orders"),
    CommandRow("hub inside", SITE, "List who is inside, by all doors.", "hub_orders"),
    CommandRow("hub scope", SITE, "Set which people a door has part in.", "hub_site"),
    CommandRow(
        "hub rules",
        SITE,
        "The groups, hours and holidays of all doors.",
        example="accessctl hub rules show",
    ),
    CommandRow("hub rules set", SITE, "Set the rules of all doors from a file.", "hub_site"),
    CommandRow("hub rules show", SITE, "Show the rules of all doors.", "hub_site"),
    CommandRow(
        "hub settings",
        SITE,
        "The settings of a door that the hub sets.",
        example="accessctl hub settings show front-door",
    ),
    CommandRow("hub settings set", SITE, "Set one setting of a door.", "hub_settings"),
    CommandRow("hub settings show", SITE, "Show what the hub sets at a door.", "hub_settings"),
    CommandRow("hub people", SITE, "List the people of the site.", "hub_people"),
    CommandRow("hub people enroll", SITE, "Enrol a person at all doors.", "hub_people"),
    CommandRow("hub people import", SITE, "Take people from a CSV file.", "hub_import"),
    CommandRow("hub people photos", SITE, "List the photos of one person.", "hub_people"),
    CommandRow("hub people rename", SITE, "Give a person another name.", "hub_people"),
    CommandRow("hub people remove", SITE, "Remove a person at all doors, for good.", "hub_people"),
    CommandRow("hub people rules", SITE, "Show or set where and when one may enter.", "hub_people"),
    CommandRow("hub people pin", SITE, "Set a person's PIN, or take it away.", "hub_people"),
    CommandRow("hub people badge", SITE, "Give a person a badge, or take them away.", "hub_people"),
    CommandRow("hub people badges", SITE, "List who has which badge since when.", "hub_people"),
    CommandRow("hub pass", SITE, "Make a visitor's pass, as a QR code.", "hub_passes"),
    CommandRow("hub passes", SITE, "List visitors' passes, or withdraw one.", "hub_passes"),
    CommandRow(
        "hub scim",
        SITE,
        "People from the company's directory.",
        example="accessctl hub scim status",
    ),
    CommandRow("hub scim token", SITE, "Make the token that a directory shows.", "hub_scim"),
    CommandRow("hub scim off", SITE, "Let no directory in any more.", "hub_scim"),
    CommandRow("hub scim status", SITE, "List whom the directory expects here.", "hub_scim"),
    CommandRow("hub held", SITE, "List what doors propose and somebody has to decide.", "hub_held"),
    CommandRow("hub decide", SITE, "Decide what is held.", "hub_held"),
    CommandRow("hub removals", SITE, "List who was removed, and which doors owe it.", "hub_held"),
    CommandRow("hub events", SITE, "Show what happened at all doors.", "hub"),
    CommandRow("hub alarms", SITE, "List doors whose logs were tampered with.", "hub"),
    CommandRow("hub verify", SITE, "Check the chains of all doors' records.", "hub"),
    CommandRow("hub backup", SITE, "Save keys and data of the hub in one file.", "hub_backup"),
    CommandRow("hub restore", SITE, "Put a backup into an empty database.", "hub_backup"),
    CommandRow("hub consent", SITE, "List whose consent counts.", "hub_privacy"),
    CommandRow("hub consent text", SITE, "Make or print the text consented to.", "hub_privacy"),
    CommandRow("hub consent give", SITE, "Put somebody's consent on record.", "hub_privacy"),
    CommandRow("hub consent withdraw", SITE, "Withdraw it, and remove them.", "hub_privacy"),
    CommandRow("hub keep", SITE, "Count somebody's absence from now on.", "hub_privacy"),
    CommandRow("hub export", SITE, "Write all that is kept of one person.", "hub_proof"),
    CommandRow("hub removal", SITE, "Certify that somebody was deleted.", "hub_proof"),
    CommandRow("hub verify-removal", SITE, "Check a certificate of deletion.", "hub_proof"),
    CommandRow("hub assessment", SITE, "Fill an impact assessment's template.", "hub_proof"),
    CommandRow("hub demo", SITE, "Show a whole site on this machine.", "hub_demo"),
    CommandRow(
        "hub operator",
        SITE,
        "Who may use the console.",
        example="accessctl hub operator list",
    ),
    CommandRow("hub operator invite", SITE, "Print the link for one operator.", "operators"),
    CommandRow("hub operator list", SITE, "List operators and what each may do.", "operators"),
    CommandRow("hub operator remove", SITE, "Let an operator in no more.", "operators"),
    CommandRow("console", SITE, "Hub, console and the demo door on this machine.", "console"),
    CommandRow("join", SITE, "Make this door one of a hub's.", "join"),
    CommandRow(
        "models",
        ENCODERS,
        "Fetch, describe, join and calibrate encoders.",
        example="accessctl models fetch",
    ),
    CommandRow(
        "models fetch",
        ENCODERS,
        "Download, check and convert every model file that is not there yet.",
        "models",
    ),
    CommandRow(
        "models pack",
        ENCODERS,
        "Put the model files into one file for a machine that cannot build them.",
        "models",
    ),
    CommandRow("models unpack", ENCODERS, "Take the model files out of a pack.", "models"),
    CommandRow(
        "models use",
        ENCODERS,
        "Switch a door to another encoder, such as dlib, and embed its people anew.",
        "models",
    ),
    CommandRow(
        "models card",
        ENCODERS,
        "Write the card of your own encoder beside its .keras or .tflite file.",
        "card",
    ),
    CommandRow(
        "models join",
        ENCODERS,
        "Write the card of an encoder that is made of others side by side.",
        "card",
    ),
    CommandRow(
        "models calibrate",
        ENCODERS,
        "Make an encoder's cohort and false-match table from aligned faces.",
        "card",
    ),
    CommandRow("train", ENCODERS, "Train an encoder on your own or shared faces.", "train"),
    CommandRow(
        "evaluate",
        ENCODERS,
        "Measure on recordings what the door is worth.",
        example="accessctl evaluate lfw --data LFW",
    ),
    CommandRow(
        "evaluate lfw",
        ENCODERS,
        "Verification on LFW: FramePatch 2 and, out in the tail, all pairs of its photos.",
        "evaluate_lfw",
    ),
    CommandRow(
        "evaluate calibration",
        ENCODERS,
        "Stated against observed false-match rates, on LFW's people.",
        "evaluate_lfw",
    ),
    CommandRow(
        "evaluate fairness",
        ENCODERS,
        "FMR and FNMR by group, at the threshold that the product takes.",
        "evaluate_fairness",
    ),
    CommandRow(
        "evaluate oneshot",
        ENCODERS,
        "N-way k-shot: who of N people, as in Lake 2011.",
        "evaluate_identification",
    ),
    CommandRow(
        "evaluate identify",
        ENCODERS,
        "Open set: FNIR and FPIR by gallery size, and what pooling photos gives.",
        "evaluate_identification",
    ),
    CommandRow(
        "evaluate robustness",
        ENCODERS,
        "Masks, sunglasses, hats, far, dark, blurred and compressed faces.",
        "evaluate_robustness",
    ),
    CommandRow(
        "evaluate visits",
        ENCODERS,
        "Films of people through the door, by gallery size: FPIR, FNIR, how soon.",
        "evaluate_visits",
    ),
    CommandRow(
        "evaluate liveness",
        ENCODERS,
        "APCER and BPCER of passive liveness, from recordings.",
        "evaluate_liveness",
    ),
    CommandRow(
        "evaluate challenge",
        ENCODERS,
        "How often recordings pass the challenge by luck.",
        "evaluate_liveness",
    ),
    CommandRow("init", SET_UP, "Make a folder for a new door.", "config"),
    CommandRow("cameras", SET_UP, "List the cameras attached to this machine.", "doctor"),
    CommandRow("doctor", SET_UP, "Say what is wrong, and what to do about it.", "doctor"),
    CommandRow("backup", SET_UP, "Save people, event log and lockouts in one file.", "backup"),
    CommandRow("restore", SET_UP, "Put a backup in the place of what is there.", "backup"),
    CommandRow(
        "config",
        SET_UP,
        "Check, explain or accept the configuration.",
        example="accessctl config check",
    ),
    CommandRow("config check", SET_UP, "Say whether the configuration is in order.", "config"),
    CommandRow(
        "config explain", SET_UP, "Every key, its value, its bounds and its meaning.", "config"
    ),
    CommandRow(
        "config accept",
        SET_UP,
        "Let a configuration count that guards less than the one before.",
        "config",
    ),
    CommandRow(
        "service",
        SET_UP,
        "Install the door as a service of systemd.",
        example="accessctl service install --dry-run",
    ),
    CommandRow("service install", SET_UP, "Write the unit for a dedicated user.", "service"),
    CommandRow("service uninstall", SET_UP, "Remove what install wrote, but no data.", "service"),
    CommandRow("service status", SET_UP, "Say what is installed and whether it runs.", "service"),
)
"""In the order in which they are listed."""
