"""What a running session answers when it is asked how it is; see statistics.DoorView."""

from accessctl.clock import uptime
from accessctl.door.session import Session
from accessctl.recognition.rate_here import told_rate_here
from accessctl.service.clock_guard import ClockGuard
from accessctl.service.statistics import DoorView, read_lockout


def view_of(session: Session, guard: ClockGuard) -> DoorView:
    config, engine = session.config, session.engine
    return DoorView(
        door=config.access.door,
        camera=session.reader.source.description,
        fingerprint=engine.recogniser.fingerprint,
        device=engine.recogniser.device,
        liveness=config.liveness.mode,
        people=lambda: engine.roster.matcher.people,
        rate_doubt=lambda: engine.roster.rate_doubt,
        names=lambda: engine.roster.names,
        dropped=lambda: session.dropped,
        lockout=lambda: read_lockout(config.lockout_file, config.access.door, uptime()),
        infrared=lambda: infrared_of(session),
        failed=lambda: session.faults.dropped,
        behind_s=lambda: session.reader.behind_s,
        clock_doubt_s=lambda: guard.doubt_s,
        gallery=lambda: session.door.gallery.state,
        acting=lambda: session.door.acting,
        beyond_calibration=lambda: engine.roster.beyond_calibration,
        doorway=lambda: session.door.gate.doorway.report(),
        rate_here=lambda: told_rate_here(
            config.rate_here_file, engine.recogniser.fingerprint, engine.roster.calibration.mark
        ),
        controller=lambda: session.door.gate.doorway.controller(),
        badges=lambda: session.door.gate.badges.report(),
        badge_notice=lambda: engine.roster.badge_notice,
    )


def infrared_of(session: Session) -> tuple[str, str | None] | None:
    eye = session.infrared
    return None if eye is None else (eye.companion.description, eye.trouble)
