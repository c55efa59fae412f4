from accessctl.gallery.fake import MemoryGallery
from accessctl.gallery.values import People


def test_the_fake_has_every_method_of_the_protocol() -> None:
    wanted = {name for name in vars(People) if not name.startswith("_")}
    assert len(wanted) == 16
    assert wanted <= set(dir(MemoryGallery()))
