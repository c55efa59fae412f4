from accessctl.errors import CameraError
from accessctl.service.checks.examine import examine
from accessctl.service.checks.finding import Level, failure, ok, warning


def refusing():
    yield ok("camera", "It is there.")
    raise CameraError("It is not any more; plug it in.")


def broken():
    raise ZeroDivisionError("division by zero")


def test_every_check_is_made_whatever_the_others_do():
    fine = [ok("a", "Fine."), warning("a", "Nearly.")]
    found = list(
        examine([("camera", refusing), ("b", broken), ("a", lambda: fine)]),
    )
    assert found == [
        ok("camera", "It is there."),
        failure("camera", "It is not any more; plug it in."),
        failure("b", "It could not be checked (ZeroDivisionError: division by zero)."),
        *fine,
    ]
    assert [finding.level for finding in found[:2]] == [Level.OK, Level.FAILURE]
