import threading

from accessctl.camera.choose import source_from
from accessctl.config.camera import CameraConfig
from accessctl.demo.broadcast import AWAY_S, FPS, FROM_S, UNTIL_S, Broadcast, visits


def test_a_visit_is_as_long_as_it_says_and_ends_in_an_empty_room() -> None:
    pictures = visits()
    assert len(pictures) == round((UNTIL_S - FROM_S + AWAY_S) * FPS)
    assert all(jpeg.startswith(b"\xff\xd8") for jpeg in pictures)
    assert visits()[3] == pictures[3]


def test_several_cameras_watch_it_and_see_all_of_its_pictures() -> None:
    pictures = visits()[:4]
    with Broadcast(pictures, fps=50) as camera:
        seen = []

        def watch() -> None:
            feed = source_from(f"{camera.url}/door", CameraConfig(open_timeout_s=20)).open()
            seen.append([feed.read() for _ in range(6)])
            feed.close()

        threads = [threading.Thread(target=watch) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert [len(shots) for shots in seen] == [6, 6]
    for shot in seen[0]:
        assert shot.image.shape == (720, 1280, 3)
