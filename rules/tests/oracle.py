"""What the clock on the wall shows around every transition of every zone, by Python's zoneinfo.

Reads names of zones from standard input; PYTHONTZPATH says where their data is, and nothing else is used. Prints a line
for each moment: zone, milliseconds, minute of the day, inside 08:00 to 20:00, inside 22:00 to 06:00, beginning of the
shift of eight hours that began at 22:00 of the evening before (milliseconds), inside of it.
"""

import sys
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo, reset_tzpath

FROM, UNTIL = datetime(2020, 1, 1, tzinfo=timezone.utc), datetime(2038, 1, 1, tzinfo=timezone.utc)
MILLISECOND, EPOCH = timedelta(milliseconds=1), datetime(1970, 1, 1, tzinfo=timezone.utc)
SHIFT = timedelta(hours=8)


def transitions(zone):
    """The first millisecond of each new offset."""
    day, before = FROM, FROM.astimezone(zone).utcoffset()
    while day < UNTIL:
        # The shortest time between two transitions is that of a Ramadan in Morocco.
        later = day + timedelta(days=5)
        after = later.astimezone(zone).utcoffset()
        if after != before:
            low, high = day, later
            while high - low > MILLISECOND:
                middle = low + (high - low) // 2 // MILLISECOND * MILLISECOND
                low, high = (middle, high) if middle.astimezone(zone).utcoffset() == before else (low, middle)
            yield high
        day, before = later, after


def moments(transition, zone):
    """Around the transition itself, and around the hours of that day."""
    for minutes in (-61, -30, 0, 30, 61):
        yield from (transition + timedelta(minutes=minutes) + MILLISECOND * step for step in (-1, 0))
    local = transition.astimezone(zone)
    for hour in (6, 8, 20, 22):
        exact = local.replace(hour=hour, minute=0, second=0, microsecond=0).astimezone(timezone.utc)
        yield from (exact - MILLISECOND, exact)


def main():
    for name in sys.stdin.read().split():
        zone = ZoneInfo(name)
        for transition in transitions(zone):
            local = transition.astimezone(zone)
            evening = (local.replace(tzinfo=None) - timedelta(days=1)).replace(hour=22, minute=0, second=0, microsecond=0)
            start = evening.replace(tzinfo=zone).astimezone(timezone.utc)
            for moment in moments(transition, zone):
                clock = moment.astimezone(zone)
                minute = clock.hour * 60 + clock.minute
                in_day, in_night = 8 * 60 <= minute < 20 * 60, minute >= 22 * 60 or minute < 6 * 60
                in_shift = start <= moment < start + SHIFT
                print(
                    name,
                    (moment - EPOCH) // MILLISECOND,
                    minute,
                    int(in_day),
                    int(in_night),
                    (start - EPOCH) // MILLISECOND,
                    int(in_shift),
                )


reset_tzpath()
main()
