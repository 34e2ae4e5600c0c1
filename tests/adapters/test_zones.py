"""Time zones by Windows and IANA names, with rules that do not depend on the machine."""

from datetime import UTC, datetime, timedelta
from importlib import resources

import pytest
from tzlocal.windows_tz import win_tz

from lib.adapters.zones import TimeZones
from lib.domain.zones import UTC_ZONE

ZONES = TimeZones()

# Microsoft Learn, "dateTimeTimeZone resource type": the additional names.
ADDITIONAL = """
Etc/GMT+12 Etc/GMT+11 Pacific/Honolulu America/Anchorage America/Santa_Isabel America/Los_Angeles America/Phoenix
America/Chihuahua America/Denver America/Guatemala America/Chicago America/Mexico_City America/Regina America/Bogota
America/New_York America/Indiana/Indianapolis America/Caracas America/Asuncion America/Halifax America/Cuiaba
America/La_Paz America/Santiago America/St_Johns America/Sao_Paulo America/Argentina/Buenos_Aires America/Cayenne
America/Godthab America/Montevideo America/Bahia Etc/GMT+2 Atlantic/Azores Atlantic/Cape_Verde Africa/Casablanca Etc/GMT
Europe/London Atlantic/Reykjavik Europe/Berlin Europe/Budapest Europe/Paris Europe/Warsaw Africa/Lagos Africa/Windhoek
Europe/Bucharest Asia/Beirut Africa/Cairo Asia/Damascus Africa/Johannesburg Europe/Kyiv Europe/Kiev Europe/Istanbul
Asia/Jerusalem Asia/Amman Asia/Baghdad Europe/Kaliningrad Asia/Riyadh Africa/Nairobi Asia/Tehran Asia/Dubai Asia/Baku
Europe/Moscow Indian/Mauritius Asia/Tbilisi Asia/Yerevan Asia/Kabul Asia/Karachi Asia/Toshkent Asia/Tashkent
Asia/Kolkata Asia/Colombo Asia/Kathmandu Asia/Astana Asia/Almaty Asia/Dhaka Asia/Yekaterinburg Asia/Yangon Asia/Rangoon
Asia/Bangkok Asia/Novosibirsk Asia/Shanghai Asia/Krasnoyarsk Asia/Singapore Australia/Perth Asia/Taipei
Asia/Ulaanbaatar Asia/Irkutsk Asia/Tokyo Asia/Seoul Australia/Adelaide Australia/Darwin Australia/Brisbane
Australia/Sydney Pacific/Port_Moresby Australia/Hobart Asia/Yakutsk Pacific/Guadalcanal Asia/Vladivostok
Pacific/Auckland Etc/GMT-12 Pacific/Fiji Asia/Magadan Pacific/Tongatapu Pacific/Apia Pacific/Kiritimati
"""
IANA = [name for name in (resources.files("tzdata") / "zones").read_text().split() if name != "Factory"]


@pytest.mark.parametrize("names", [ADDITIONAL.split(), IANA, list(win_tz)], ids=["Microsoft", "IANA", "Windows"])
def test_every_name_is_known_in_any_letter_case_and_kept_as_it_was_given(names: list[str]):
    for name in names:
        for spelled in (name, name.lower(), name.upper()):
            zone = ZONES.find(spelled)
            assert zone is not None, spelled
            assert zone.name == ("UTC" if name == "UTC" else spelled)
            assert isinstance(zone.rules.utcoffset(datetime(2026, 7, 1)), timedelta)


@pytest.mark.parametrize("name", ["UTC", "utc", "Utc"])
def test_utc_is_utc(name: str):
    assert ZONES.find(name) is UTC_ZONE


@pytest.mark.parametrize(
    ("name", "winter", "summer"),
    [
        ("W. Europe Standard Time", 1, 2),
        ("Europe/Berlin", 1, 2),
        ("pacific standard time", -8, -7),
        ("India Standard Time", 5.5, 5.5),
        ("AUS Eastern Standard Time", 11, 10),
        ("UTC-02", -2, -2),
        ("Etc/GMT+12", -12, -12),
        ("Asia/Toshkent", 5, 5),
        ("Asia/Astana", 5, 5),
        ("Etc/UTC", 0, 0),
        ("Kamchatka Standard Time", 12, 12),
        ("Mid-Atlantic Standard Time", -2, -2),
    ],
)
def test_zones_have_their_rules(name: str, winter: float, summer: float):
    zone = ZONES.find(name)
    assert zone is not None

    for month, hours in ((1, winter), (7, summer)):
        wall = datetime(2026, month, 15, 12)
        assert zone.moment(wall) == wall.replace(tzinfo=UTC) - timedelta(hours=hours)


def test_the_rules_are_those_that_were_pinned():
    zone = ZONES.find("America/Vancouver")
    assert zone is not None

    # British Columbia keeps daylight saving time from 2026 on (tzdata 2026); machines may not know it yet.
    assert zone.rules.utcoffset(datetime(2027, 1, 15)) == timedelta(hours=-7)


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        " UTC",
        "Europe/Berlin ",
        "Mars/Phobos",
        "Europe",
        "Europe/",
        "/Europe/Berlin",
        "Europe//Berlin",
        "../etc/passwd",
        "Europe/../Europe/Berlin",
        "/etc/localtime",
        "localtime",
        "posixrules",
        "posix/Europe/Berlin",
        "right/Europe/Berlin",
        "Factory",
        "zones",
        "__init__.py",
        "Customized Time Zone",
        "+02:00",
        "UTC+2",
        "GMT+02:00",
        "tzone://Microsoft/Custom",
        "Europe/Berlin\0",
        "Asia/\u212aabul",
        "W. Europe Standard Time\n",
        "x" * 100_000,
    ],
)
def test_what_is_no_zone_is_none(name: str):
    assert ZONES.find(name) is None


def test_a_zones_rules_are_read_once():
    berlin, again = ZONES.find("Europe/Berlin"), ZONES.find("europe/berlin")

    assert berlin is not None
    assert again is not None
    assert berlin.rules is again.rules
