"""Names, phone numbers and ids of a centre that exists nowhere.

Phone numbers come from the ranges that Ofcom, the United Kingdom's regulator, keeps free for radio and
television drama: mobiles 07700 900000 to 900999 for callers, London 020 7946 0000 to 0999 for the numbers
they dial. Nobody can be reached there. Names are put together from words that nobody is called.
"""

from __future__ import annotations

import time
from random import Random

FIRST_NAMES = (
    "Bramblo",
    "Cindrel",
    "Dovvik",
    "Elmira-Zed",
    "Fennimo",
    "Gludwin",
    "Hozzie",
    "Imbrel",
    "Jolvy",
    "Quibble",
)
LAST_NAMES = (
    "Examplesson",
    "Fakenberg",
    "Inventini",
    "Madeupski",
    "Mockingham",
    "Pretendova",
    "Samplewicz",
    "Testarello",
)
QUEUE_NAMES = (
    "Support",
    "Sales",
    "שירות לקוחות",
    "VIP",
    "Billing",
    "Retention",
    "Deliveries",
    "Technical",
    "Returns",
)


def person_name(number: int) -> str:
    """The name of person `number`: different for the first 80, numbered after them."""
    round_number, place = divmod(number, len(FIRST_NAMES) * len(LAST_NAMES))
    last, first = divmod(place, len(FIRST_NAMES))
    name = f"{FIRST_NAMES[first]} {LAST_NAMES[(last + first) % len(LAST_NAMES)]}"
    return f"{name} {round_number + 1}" if round_number else name


def queue_name(number: int) -> str:
    return QUEUE_NAMES[number] if number < len(QUEUE_NAMES) else f"Queue {number + 1}"


def caller_phone(random: Random) -> str:
    return f"07700900{random.randrange(1000):03}"


def dialled_number(queue_number: int) -> str:
    return f"02079460{queue_number % 1000:03}"


def call_id(moment: float, sequence: int, random: Random) -> str:
    """An id in the vendor's style: date and time, then hexadecimal digits; unique through `sequence`."""
    stamp = time.strftime("%Y%m%d%H%M%S", time.gmtime(moment))
    return f"{stamp}{sequence % 0xFFFFFF:06x}{random.randrange(0x10000):04x}"
