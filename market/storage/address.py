"""Addresses of IPFS peers: `/ip4/192.0.2.1/tcp/4001/p2p/Qm...`, direct TCP and nothing else."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from market.errors import StorageError

_FORM = re.compile(
    r"/(ip4|ip6|dns4|dns6)/([0-9a-zA-Z.:-]{1,253})/tcp/([0-9]{1,5})"
    r"/p2p/(Qm[1-9A-HJ-NP-Za-km-z]{44}|12D3Koo[1-9A-HJ-NP-Za-km-z]{45})",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class PeerAddress:
    """Where a peer listens, and the identity that it must prove when dialled."""

    network: str  # ip4, ip6, dns4 or dns6
    host: str
    port: int
    peer_id: str

    def __str__(self) -> str:
        return f"/{self.network}/{self.host}/tcp/{self.port}/p2p/{self.peer_id}"

    @property
    def reach(self) -> int:
        """How far away this address is of use: 0 this machine, 1 its network, 2 everywhere."""
        if self.network.startswith("dns"):
            return 2
        ip = ipaddress.ip_address(self.host)
        return 0 if ip.is_loopback else 2 if ip.is_global else 1


def parse_address(text: str) -> PeerAddress:
    """Parses a multiaddr that a peer published.

    Raises:
        StorageError: `text` is not a direct TCP multiaddr that ends in a peer id.
    """
    match = _FORM.fullmatch(text)
    if match:
        address = PeerAddress(match[1], match[2], int(match[3]), match[4])
        if 0 < address.port < 65536 and _host_is_valid(address):
            return address
    raise StorageError(
        f"not a peer address: {text[:120]!r}", "it reads /ip4/HOST/tcp/PORT/p2p/PEER_ID"
    )


def _host_is_valid(address: PeerAddress) -> bool:
    if address.network.startswith("dns"):
        return ":" not in address.host
    version = ipaddress.IPv4Address if address.network == "ip4" else ipaddress.IPv6Address
    try:
        return not version(address.host).is_unspecified
    except ValueError:
        return False
