"""From where a request comes: the network, which says enough to notice, and less than the address."""

from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

PREFIX = {4: 24, 6: 48}  # what is kept of an address, in bits


def network_of(request: HttpRequest) -> str:
    """The visitor's /24 or /48; empty where it is not known."""
    try:
        found = ip_address(_address(request))
    except ValueError:
        return ""  # a socket in the file system, or a proxy that says nonsense
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return str(ip_network((found, PREFIX[found.version]), strict=False))


def _address(request: HttpRequest) -> str:
    """Whom the outermost proxy of ours saw; without proxies, who is connected."""
    proxies: int = settings.TRUSTED_PROXIES
    if not proxies:
        return str(request.META.get("REMOTE_ADDR", ""))
    # Each proxy adds at the end whom it saw: what stands before ours anybody may have written.
    seen = request.headers.get("X-Forwarded-For", "").split(",")
    return seen[-proxies].strip() if len(seen) >= proxies else ""
