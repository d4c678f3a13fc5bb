"""The grammar of URIs, as far as Sign-In with Ethereum refers to it (RFC 3986, appendix A)."""

import re
from ipaddress import AddressValueError, IPv6Address

_SCHEME = r"[A-Za-z][A-Za-z0-9+.\-]*"
_UNRESERVED, _SUB_DELIMS = r"A-Za-z0-9\-._~", r"!$&'()*+,;="
_PLAIN = _UNRESERVED + _SUB_DELIMS
_ENCODED = r"%[0-9A-Fa-f]{2}"
_PCHAR = rf"(?:[{_PLAIN}:@]|{_ENCODED})"
_USERINFO = rf"(?:[{_PLAIN}:]|{_ENCODED})*"
_HOST = rf"\[(?P<literal>[^\[\]]*)\]|(?:[{_PLAIN}]|{_ENCODED})*"
_AUTHORITY = rf"(?:{_USERINFO}@)?(?P<host>{_HOST})(?::[0-9]*)?"
_MORE = rf"(?:/{_PCHAR}*)*"
_PATH = rf"//{_AUTHORITY}{_MORE}|/(?:{_PCHAR}+{_MORE})?|{_PCHAR}+{_MORE}|"
_TAIL = rf"(?:{_PCHAR}|[/?])*"

SCHEME = re.compile(_SCHEME)
AUTHORITY = re.compile(_AUTHORITY)
URI = re.compile(rf"{_SCHEME}:(?:{_PATH})(?:\?{_TAIL})?(?:#{_TAIL})?")
PCHARS = re.compile(rf"{_PCHAR}*")
# What RFC 3986 calls reserved and unreserved, and the space.
STATEMENT = re.compile(rf"[{_PLAIN}:/?#\[\]@ ]*")
_IP_FUTURE = re.compile(rf"v[0-9A-Fa-f]+\.[{_PLAIN}:]+")
_IPV6 = re.compile(r"[0-9A-Fa-f:.]+")


def is_authority(text: str) -> bool:
    """Whether it names a host, perhaps with a user and a port."""
    found = AUTHORITY.fullmatch(text)
    return found is not None and found["host"] != "" and _literal_fits(found)


def is_uri(text: str) -> bool:
    """Whether it is a URI: absolute, since it begins with its scheme."""
    found = URI.fullmatch(text)
    return found is not None and _literal_fits(found)


def _literal_fits(found: re.Match[str]) -> bool:
    """What stands in brackets is an IP address."""
    literal = found["literal"]
    if literal is None or _IP_FUTURE.fullmatch(literal):
        return True
    try:
        return bool(_IPV6.fullmatch(literal) and IPv6Address(literal))
    except AddressValueError:
        return False
