"""Check digits of keys that name places, packs and practices."""

NPI_LENGTH, GLN_LENGTH = 10, 13


def gs1_check_digit(body: str) -> int:
    """The digit that completes a GS1 key: modulo 10, weights 3, 1, 3, ... from the right."""
    weighted = (int(digit) * (1 if place % 2 else 3) for place, digit in enumerate(reversed(body)))
    return -sum(weighted) % 10


def npi_check_digit(body: str) -> int:
    """The digit that completes a US National Provider Identifier: Luhn's, after the prefix 80840."""
    total = 0
    for place, digit in enumerate(reversed("80840" + body)):
        doubled = int(digit) * (1 if place % 2 else 2)
        total += doubled - 9 if doubled > 9 else doubled
    return -total % 10
