from accessctl.mqtt.topics import Topics, device_id


def test_a_device_is_called_as_its_door() -> None:
    assert device_id("front") == "accessctl_front"
    assert device_id("front-2_a") == "accessctl_front-2_a"


def test_doors_whose_names_have_other_letters_are_told_apart() -> None:
    names = ["a.b", "a_b", "a-b", "tür", "t_r"]
    ids = [device_id(name) for name in names]
    assert len(set(ids)) == len(names)
    assert all(one.isascii() and "." not in one for one in ids)


def test_every_topic_is_the_doors_own() -> None:
    topics = Topics("house/doors", "accessctl_front", "homeassistant")
    assert topics.availability == "house/doors/accessctl_front/availability"
    assert topics.state("lock") == "house/doors/accessctl_front/lock/state"
    assert topics.command("lock") == "house/doors/accessctl_front/lock/set"
    assert topics.announcement == "homeassistant/device/accessctl_front/config"
    assert topics.birth == "homeassistant/status"


def test_without_discovery_nothing_is_announced() -> None:
    topics = Topics("accessctl", "accessctl_front", None)
    assert (topics.announcement, topics.birth) == (None, None)
