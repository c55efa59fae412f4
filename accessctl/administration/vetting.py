"""Photos are compared with those that are stored before they are kept, whoever hands them in."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from accessctl.domain import Embedding, Person, PersonId
from accessctl.errors import MisfitError
from accessctl.gallery.people import People, Template
from accessctl.recognition.calibration import Yardstick
from accessctl.recognition.matcher import Comparison
from accessctl.recognition.photo_fit import SAME_PICTURE, Fit, Likeness, PhotoIndex

if TYPE_CHECKING:
    from accessctl.recognition.enrolment import Candidate


class ComparedPhoto(Protocol):
    """A photo as it is compared: a unit float32 (D,) of the encoder of `fingerprint`."""

    @property
    def embedding(self) -> Embedding: ...

    @property
    def fingerprint(self) -> str: ...

    @property
    def quality(self) -> float: ...

    @property
    def yardstick(self) -> Yardstick: ...


class PhotoVetting:
    """Knows the photos of a gallery, and reads them again only when somebody else changed it."""

    def __init__(self, gallery: People) -> None:
        self._gallery = gallery
        self._index: PhotoIndex | None = None
        self._read: tuple[int, str] | None = None

    def vet(
        self, name: str, person: Person | None, photos: "Sequence[Candidate]", *, anyway: bool
    ) -> list[Mapping[str, Any]]:
        """What the record of each photo says of it; MisfitError for one that shows somebody else.

        `person` is None for somebody new, who will be called `name`. Each photo is compared
        with those before it, too. With `anyway` a misfit is taken, and its record says so.
        """
        notes: list[Mapping[str, Any]] = []
        before: list[Template] = []
        own = None if person is None else person.id
        for photo in photos:
            fit = self._index_for(photo).fit(photo.embedding, own, before)
            if not fit.fits and not anyway:
                raise self._misfit(name, photo.origin, fit)
            notes.append({} if fit.fits else note_of(fit))
            before.append(Template(PersonId(""), photo.embedding, photo.quality))
        return notes

    def has(self, person: Person, photo: "Candidate") -> bool:
        """Whether that very picture is one of theirs already."""
        own = self._index_for(photo).photos_of(person.id)
        return any(float(one.embedding @ photo.embedding) >= SAME_PICTURE for one in own)

    def fit(self, photo: ComparedPhoto, own: PersonId | None) -> Fit:
        """How it compares with all photos; `own` is whose it is, None for somebody new."""
        return self._index_for(photo).fit(photo.embedding, own)

    def nearest(self, photo: ComparedPhoto, most: int) -> list[Likeness]:
        """Of everybody enrolled the `most` who come nearest to it, the nearest first."""
        return self._index_for(photo).nearest(photo.embedding, most)

    def kept(self, person: PersonId, photo: ComparedPhoto) -> None:
        """That photo has become one of theirs, by the caller's own change of the gallery."""
        if self._index is None or self._read is None:
            return
        revision, fingerprint = self._read
        if (self._gallery.revision(), photo.fingerprint) == (revision + 1, fingerprint):
            self._index.add(Template(person, photo.embedding, photo.quality))
            self._read = revision + 1, fingerprint

    def _index_for(self, photo: ComparedPhoto) -> PhotoIndex:
        wanted = self._gallery.revision(), photo.fingerprint
        if self._index is None or self._read != wanted:
            templates = self._gallery.templates(photo.fingerprint)
            self._index, self._read = PhotoIndex(templates, photo.yardstick), wanted
        return self._index

    def _misfit(self, name: str, origin: str, fit: Fit) -> MisfitError:
        names = {person.id: person.name for person in self._gallery.people()}
        return MisfitError(complaint(origin, name, fit, names), origin, whom_it_is_like(fit, names))


def whom_it_is_like(fit: Fit, names: Mapping[PersonId, str]) -> str:
    """Who else is enrolled whom a photo shows rather; empty for nobody."""
    if not fit.like_another or fit.other is None:
        return ""
    return names.get(fit.other.person, "somebody else enrolled")


def complaint(origin: str, name: str, fit: Fit, names: Mapping[PersonId, str]) -> str:
    """Why that photo is not taken for `name`, in one sentence with the figures of both sides."""
    if fit.like_another and fit.other is not None:
        other = whom_it_is_like(fit, names)
        theirs = figures(fit.other.comparison)
        if fit.own is None:
            likeness = f"looks like {other}, who is enrolled ({theirs})"
        else:
            own = f"like {name} ({figures(fit.own)})"
            likeness = f"looks more like {other} ({theirs}) than {own}"
        return f"{origin}: {likeness}; check whom it shows, or say --anyway if it is right."
    own = "nothing to compare" if fit.own is None else figures(fit.own)
    needed = "no similarity" if fit.needed is None else f"{fit.needed:.3f}"
    return (
        f"{origin}: does not show whom the other photos of {name} show ({own}; "
        f"{needed} and {fit.own_fmr:.1e} are needed); check whom it shows, or say --anyway if "
        "looks have changed."
    )


def figures(comparison: Comparison) -> str:
    return f"similarity {comparison.similarity:.3f}, false-match rate {comparison.fmr_upper:.1e}"


def note_of(fit: Fit) -> dict[str, Any]:
    """What the record says of a photo that was taken although it does not fit."""
    note: dict[str, Any] = {"anyway": True}
    if fit.own is not None:
        note |= {"similarity": round(fit.own.similarity, 4), "fmr": _short(fit.own.fmr_upper)}
    if fit.like_another and fit.other is not None:
        compared = fit.other.comparison
        note |= {
            "like": fit.other.person,
            "like_similarity": round(compared.similarity, 4),
            "like_fmr": _short(compared.fmr_upper),
        }
    return note


def _short(rate: float) -> float:
    return float(f"{rate:.3g}")
