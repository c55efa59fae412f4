"""What doors ask of the feed, over real sockets, on either database."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from accessctl.errors import HubError
from accessctl.gallery.people import NewPhoto
from accessctl.hub.assembly import open_hub
from accessctl.hub.pass_rows import tell_doors
from accessctl.sync.client import BY_NAME, DoorClient
from accessctl.sync.feed_wire import (
    ChangeBatch,
    KeysAnswer,
    ProposalsAnswer,
    ProposalsRequest,
    ProposalVerdict,
    ReceiptsRequest,
    SitePerson,
)
from accessctl.sync.identity import pinned
from accessctl.sync.site_sealing import (
    SealedDocument,
    from_base64,
    open_document,
    seal_photo,
    unwrap_site_key,
)
from accessctl.sync.wire import API, MAX_ANSWER_BYTES
from tests.hub.conftest import NOW
from tests.hub.proposing import FACES, GRACE, ProposingDoor, joined_door
from tests.hub.test_door_feed import enrol
from tests.hub.test_removals import receipt

EMBEDDED = pytest.mark.parametrize("hub_config", ["sqlite"], indirect=True)


@contextmanager
def asking(door) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=door.url + API, verify=door.member.tls(), timeout=30) as client:
        client.headers["content-type"] = "application/json"
        yield client


def get(client: httpx.Client, path: str) -> httpx.Response:
    return client.get(path, extensions=BY_NAME)


def post(client: httpx.Client, path: str, body) -> httpx.Response:
    content = body if isinstance(body, bytes) else body.model_dump_json().encode()
    return client.post(path, content=content, extensions=BY_NAME)


def test_a_door_reads_whom_the_hub_enrolled_with_the_key_that_is_wrapped_for_it(
    hub, joined
) -> None:
    front = joined("front")
    grace = enrol(hub, "Grace")
    box = X25519PrivateKey.generate()
    with asking(front) as client:
        body = f'{{"box": "{box.public_key().public_bytes_raw().hex()}"}}'.encode()
        keys = KeysAnswer.model_validate_json(post(client, "/keys", body).content)
        batch = ChangeBatch.model_validate_json(get(client, "/changes?after=0").content)
    change = batch.changes[-1]
    key = unwrap_site_key(keys.keys[change.generation], 1, front.member.door, box)
    sealed = SealedDocument(1, bytes.fromhex(change.wrapped), from_base64(change.sealed))
    person = SitePerson.model_validate_json(open_document(sealed, "person", change.subject, key))
    assert (person.id, person.name) == (grace, "Grace")
    assert hub.site_keys.open_photo(seal_photo(b"jpeg", "ab" * 16, keys.photos), "ab" * 16)


def test_what_one_door_proposes_another_one_gets(hub, joined) -> None:
    front, back = joined("front"), joined("back")
    proposing = ProposingDoor(hub, front.member.door)
    first = proposing.said("add_person", GRACE, name="Grace", photo=proposing.photo(0))
    again = proposing.said("rename", GRACE, name="Ada")
    with asking(front) as client:
        request = ProposalsRequest(proposals=(first, again, first))
        said = post(client, "/proposals", request)
        answers = ProposalsAnswer.model_validate_json(said.content).answers
    assert [one.verdict for one in answers] == [ProposalVerdict.TAKEN] * 3
    assert answers[0] == answers[2]
    with asking(back) as client:
        batch = ChangeBatch.model_validate_json(get(client, "/changes?after=0").content)
    assert [(one.subject, one.seq) for one in batch.changes][-1] == (GRACE, answers[1].seq)


def test_a_removal_is_signed_for_by_the_door_that_heard_of_it(hub, joined) -> None:
    front, back = joined("front"), joined("back")
    grace = enrol(hub, "Grace")
    hub.people.remove("Grace")
    seq = hub.people.revision()
    with asking(front) as client:
        batch = ChangeBatch.model_validate_json(get(client, "/changes?after=0").content)
        assert [(one.subject, one.removed) for one in batch.changes if one.removed] == [
            (grace, True)
        ]
        good = ReceiptsRequest(receipts=(receipt(front, grace, seq),))
        assert post(client, "/receipts", good).json() == {"taken": 1}
        forged = ReceiptsRequest(receipts=(receipt(back, grace, seq),))
        said = post(client, "/receipts", forged)
    assert (said.status_code, "not signed by this door" in said.json()["problem"]) == (400, True)
    assert hub.removals.listed()[0].owed == ("back",)


@EMBEDDED
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/changes?after=0"),
        ("POST", "/keys"),
        ("POST", "/proposals"),
        ("POST", "/receipts"),
    ],
)
def test_without_a_certificate_there_is_nothing(hub, url: str, method: str, path: str) -> None:
    with httpx.Client(verify=pinned(hub.authority.pem)) as anybody:
        said = anybody.request(method, url + API + path, json={}, extensions=BY_NAME)
    assert said.status_code == 401


@EMBEDDED
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/changes", None),
        ("/changes?after=-1", None),
        ("/changes?after=9223372036854775808", None),
        ("/changes?after=0&round=x", None),
        ("/keys", b"{}"),
        ("/keys", b'{"box": "' + b"0" * 64 + b'"}'),
        ("/proposals", b'{"proposals": [{}]}'),
        ("/proposals", b'{"proposals": [' + b",".join([b"{}"] * 51) + b"]}"),
        ("/receipts", b'{"receipts": 7}'),
        ("/receipts", b"[" * 3000),
        ("/nowhere", None),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_nonsense_is_one_sentence(hub, joined, path: str, body: bytes | None) -> None:
    with asking(joined("front")) as client:
        said = get(client, path) if body is None else post(client, path, body)
    assert said.status_code == (404 if path == "/nowhere" else 400)
    assert said.json()["problem"]


@EMBEDDED
def test_a_revoked_door_gets_neither_people_nor_keys(hub, joined) -> None:
    front = joined("front")
    enrol(hub, "Grace")
    with asking(front) as client:
        assert get(client, "/changes?after=0").status_code == 200
        hub.doors.revoke("front")
        assert get(client, "/changes?after=2").status_code == 401
        assert post(client, "/keys", b"{}").status_code == 401


@EMBEDDED
def test_an_answer_stays_below_what_a_door_reads(hub, joined) -> None:
    """A dozen people with as many photos as may be do not fit into one."""
    front = joined("front")
    for number in range(12):
        grace = hub.people.add_person(f"Person {number:03}", photo())
        with hub.people.changing() as edit:
            # As large as a document may be, without enrolling a hundred times.
            person = edit.find(grace.id)
            photos = [
                person.photos[0].model_copy(update={"id": f"{number:016x}{at:016x}"})
                for at in range(100)
            ]
            templates = {"e1": "A" * 1400, "e2": "A" * 1400}
            photos = [one.model_copy(update={"templates": templates}) for one in photos]
            edit._put(person.model_copy(update={"photos": tuple(photos)}))
    after, seen = 0, set()
    with asking(front) as client:
        for _ in range(30):
            said = get(client, f"/changes?after={after}")
            assert len(said.content) <= MAX_ANSWER_BYTES
            batch = ChangeBatch.model_validate_json(said.content)
            seen |= {change.subject for change in batch.changes}
            if not batch.more:
                break
            after = batch.changes[-1].seq
    assert len(seen) == 13
    assert after > 0


def photo() -> NewPhoto:
    return NewPhoto(jpeg=b"jpeg", embedding=FACES[0], fingerprint="e1", quality=0.5, added=1.0)


def test_doors_that_propose_at_once_each_get_a_number_of_their_own(hub) -> None:
    doors = [ProposingDoor(hub, joined_door(hub, f"door {number}")) for number in range(4)]

    def enrol_all(door: ProposingDoor) -> list[int]:
        number = doors.index(door)
        return [
            door.enrol(f"{number:016x}{at:016x}", f"Person {number} of {at} doors", at).seq
            for at in range(5)
        ]

    with ThreadPoolExecutor(len(doors)) as pool:
        numbers = [seq for found in pool.map(enrol_all, doors) for seq in found]
    assert sorted(numbers) == list(range(2, 22))
    assert len(hub.people.people()) == 20


def test_two_hubs_on_one_database_never_hide_a_change_from_a_door(hub, hub_config, clock) -> None:
    """A door asks all the time; whatever has a number below its own was told before."""
    front = joined_door(hub, "front")
    done = threading.Event()

    def enrol_some(name: str) -> None:
        with open_hub(hub_config, {}, now=clock) as own:
            for number in range(8):
                own.people.add_person(f"{name} {number} x", photo())

    def follow() -> list[int]:
        after, seen = 0, []
        while True:
            ended = done.is_set()
            batch = hub.door_feed.changes_after(front, after)
            seen += [change.seq for change in batch.changes]
            after = max([after, *seen])
            if ended and not batch.changes:
                return seen

    with ThreadPoolExecutor(3) as pool:
        following = pool.submit(follow)
        list(pool.map(enrol_some, ("Ann", "Bob")))
        done.set()
        assert following.result(60) == list(range(1, 18))


def test_a_door_is_revoked_while_it_proposes(hub) -> None:
    """Whoever locks in another order than the other waits for ever, or is thrown out."""
    doors = [ProposingDoor(hub, joined_door(hub, f"door-{number}")) for number in range(3)]

    def propose(door: ProposingDoor) -> int:
        taken = 0
        for number in range(12):
            person = f"{doors.index(door):016x}{number:016x}"
            try:
                door.enrol(person, f"Somebody {doors.index(door)} {number} x", number % 9)
            except HubError:
                return taken
            taken += 1
        return taken

    def revoke(door: ProposingDoor) -> None:
        hub.doors.revoke(f"door-{doors.index(door)}")

    with ThreadPoolExecutor(6) as pool:
        proposing = [pool.submit(propose, door) for door in doors]
        for one in [pool.submit(revoke, door) for door in doors]:
            one.result(60)
        taken = sum(one.result(60) for one in proposing)
    assert len(hub.people.people()) == taken
    with hub.database.reading() as db:
        assert hub.feed.generations(db) == [1, 2, 3, 4]


@EMBEDDED
def test_doors_that_propose_keep_no_other_from_hearing_of_removals(hub, joined) -> None:
    front, back = joined("front"), joined("back")
    proposed = ProposingDoor(hub, front.member.door).said("remove", GRACE)
    body = ProposalsRequest(proposals=(proposed,))
    # More than the framework has threads.
    with ThreadPoolExecutor(60) as pool, asking(front) as proposing, asking(back) as asked:
        proposing.timeout = 120
        with hub.proposals._lock:
            answers = [pool.submit(post, proposing, "/proposals", body) for _ in range(60)]
            for _ in range(3):
                assert get(asked, "/changes?after=0").status_code == 200
        assert {answer.result().status_code for answer in answers} == {200}


@EMBEDDED
def test_an_earlier_door_is_told_nothing_that_would_end_its_feed(hub, joined) -> None:
    front = joined("front")
    enrol(hub, "Grace")
    with hub.database.writing() as db:
        tell_doors(db, hub.feed)
    enrol(hub, "Ada")
    with asking(front) as client:
        earlier = get(client, "/changes?after=0").json()
        later = get(client, "/changes?after=0&knows=passes&knows=doorbells").json()
        too_much = get(client, "/changes?after=0" + "&knows=x" * 33)
    assert [one["kind"] for one in earlier["changes"]] == ["badge_key", "person", "person"]
    assert [one["kind"] for one in later["changes"]] == ["badge_key", "person", "passes", "person"]
    assert too_much.status_code == 400
    with closing(DoorClient(front.url, front.member, NOW)) as client:
        assert client.changes(0, None).changes == ChangeBatch.model_validate(later).changes
