"""The demo: a synthetic camera at which a stranger looks, then somebody enrolled, and to which
a photograph of them is held up at last."""

from dataclasses import dataclass

from accessctl.camera.source import Shot
from accessctl.demo.photos import demo_enrolment_photo
from accessctl.demo.scene import Scene
from accessctl.demo.script import ACTS, Act, length_of

__all__ = ["DemoSource", "demo_enrolment_photo"]


class DemoFeed:
    def __init__(self, scene: Scene, fps: float, length_s: float) -> None:
        self._scene = scene
        self._length_s = length_s
        self._fps = fps
        self._index = 0

    def read(self) -> Shot | None:
        media = self._index / self._fps
        if media >= self._length_s:
            return None
        self._index += 1
        return Shot(self._scene.render(media), media)

    def close(self) -> None:
        self._index = 0


@dataclass(frozen=True, slots=True)
class DemoSource:
    """1280x720 at `fps`, in real time or `fast`, every frame as soon as it is wanted.

    The same `seed` gives the same frames.
    """

    fps: float
    fast: bool = False
    seed: int = 0
    endless: bool = False
    description: str = "the demo"
    acts: tuple[Act, ...] = ACTS

    @property
    def live(self) -> bool:
        return not self.fast

    def open(self) -> DemoFeed:
        return DemoFeed(Scene(self.seed, self.acts), self.fps, length_of(self.acts))
