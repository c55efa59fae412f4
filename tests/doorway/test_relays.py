"""What each kind of relay is asked, and what its answers say; after the vendors' documents."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from accessctl.config.doorway import (
    EsphomeOutput,
    HttpCall,
    HttpOutput,
    ShellyOutput,
    TasmotaOutput,
)
from accessctl.doorway.relays import (
    DescribedDialect,
    EsphomeDialect,
    ShellyDialect,
    TasmotaDialect,
    pulse_time,
)

SHELLY = ShellyDialect(ShellyOutput(type="shelly", url="http://10.0.0.7/", channel=1))
TASMOTA = TasmotaOutput(type="tasmota", url="http://10.0.0.8", channel=2)
ESPHOME = EsphomeDialect(EsphomeOutput(type="esphome", url="http://10.0.0.9", switch="lock"))
DESCRIBED = DescribedDialect(
    HttpOutput(
        type="http",
        on=HttpCall(url="http://10.0.0.10/on"),
        off=HttpCall(url="http://10.0.0.10/off"),
        state=HttpCall(method="GET", url="http://10.0.0.10/state"),
        says_on='"relay":1',
        says_off='"relay":0',
    )
)


def test_a_shelly_goes_back_by_itself() -> None:
    (call,) = SHELLY.switch(True, 5.04)
    assert (call.method, call.url) == ("POST", "http://10.0.0.7/rpc/Switch.Set")
    assert json.loads(call.body or "") == {"id": 1, "on": True, "toggle_after": 5.0}
    (call,) = SHELLY.switch(False, None)
    assert json.loads(call.body or "") == {"id": 1, "on": False}
    assert SHELLY.state.url == "http://10.0.0.7/rpc/Switch.GetStatus"


@pytest.mark.parametrize(
    ("answer", "on"),
    [
        ('{"id":1,"source":"HTTP_in","output":true,"apower":0.0}', True),
        ('{"id":1,"output":false}', False),
        ('{"id":1,"output":"true"}', None),
        ('{"code":-105,"message":"Argument id, value 1 not found!"}', None),
        ("[]", None),
        ("[" * 100_000, None),
        ("", None),
    ],
)
def test_what_a_shelly_answers(answer: str, on: bool | None) -> None:
    assert SHELLY.is_on(answer) is on


def asked(call: HttpCall) -> dict[str, list[str]]:
    assert call.method == "GET"
    assert call.url.startswith("http://10.0.0.8/cm?")
    return parse_qs(urlsplit(call.url).query)


def test_a_tasmota_is_told_how_long_before_it_is_switched() -> None:
    dialect = TasmotaDialect(TASMOTA, None)
    pulse, power = dialect.switch(True, 5.0)
    assert asked(pulse) == {"cmnd": ["PulseTime2 50"]}
    assert asked(power) == {"cmnd": ["Power2 ON"]}
    pulse, power = dialect.switch(False, 5.0)
    assert asked(pulse) == {"cmnd": ["PulseTime2 0"]}
    assert asked(power) == {"cmnd": ["Power2 OFF"]}
    assert asked(dialect.state) == {"cmnd": ["Power2"]}


def test_a_tasmota_takes_its_password_in_the_address() -> None:
    dialect = TasmotaDialect(TASMOTA, "a&b c")
    assert asked(dialect.state) == {
        "user": ["admin"],
        "password": ["a&b c"],
        "cmnd": ["Power2"],
    }


@pytest.mark.parametrize(
    ("seconds", "number"),
    [
        (None, 0),
        (0.01, 1),
        (0.1, 1),
        (5.0, 50),
        (11.1, 111),
        (11.2, 112),
        (15.0, 115),
        (1e9, 64900),
    ],
)
def test_the_pulse_of_a_tasmota(seconds: float | None, number: int) -> None:
    assert pulse_time(seconds) == number


@pytest.mark.parametrize(
    ("answer", "on"),
    [
        ('{"POWER2":"ON"}', True),
        ('{"POWER":"OFF"}', False),
        ('{"POWER1":"ON"}', None),
        ('{"Command":"Unknown"}', None),
        ('{"WARNING":"Need user=<username>&password=<password>"}', None),
    ],
)
def test_what_a_tasmota_answers(answer: str, on: bool | None) -> None:
    assert TasmotaDialect(TASMOTA, None).is_on(answer) is on


def test_an_esphome_is_switched_and_read() -> None:
    (call,) = ESPHOME.switch(True, 5.0)
    assert (call.method, call.url) == ("POST", "http://10.0.0.9/switch/lock/turn_on")
    (call,) = ESPHOME.switch(False, None)
    assert call.url == "http://10.0.0.9/switch/lock/turn_off"
    assert ESPHOME.is_on('{"id":"switch-lock","value":true,"state":"ON"}') is True
    assert ESPHOME.is_on('{"id":"switch-lock","state":"ON"}') is None


def test_a_described_relay_says_one_thing_or_nothing() -> None:
    (call,) = DESCRIBED.switch(True, 5.0)
    assert call.url == "http://10.0.0.10/on"
    assert DESCRIBED.is_on('{"relay":1}') is True
    assert DESCRIBED.is_on('{"relay":0}') is False
    assert DESCRIBED.is_on('{"relay":2}') is None
    assert DESCRIBED.is_on('{"relay":1,"old":{"relay":0}}') is None
