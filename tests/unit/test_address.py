import pytest

from market.errors import StorageError
from market.storage.address import parse_address

ID = "QmWkqrbb4JgrXZbAQo6u8Nwp7dwoCbpwbSZ8qKP7yNbm8b"


@pytest.mark.parametrize(
    ("text", "reach"),
    [
        (f"/ip4/127.0.0.1/tcp/4001/p2p/{ID}", 0),
        (f"/ip4/192.168.1.2/tcp/1/p2p/{ID}", 1),
        (f"/ip6/::1/tcp/65535/p2p/{ID}", 0),
        (f"/ip4/1.1.1.1/tcp/4001/p2p/{ID}", 2),
        (f"/dns4/node.example.org/tcp/4001/p2p/{ID}", 2),
        ("/ip4/127.0.0.1/tcp/1/p2p/12D3KooWA1b8DqVdRvuTXmuULPkYzgqfUHKCwUsMBvvKVxHSzPsE", 0),
    ],
)
def test_round_trip(text: str, reach: int) -> None:
    address = parse_address(text)
    assert str(address) == text
    assert address.reach == reach


@pytest.mark.parametrize(
    "text",
    [
        "",
        "garbage",
        "/ip4/127.0.0.1/tcp/4001",
        f"/ip4/127.0.0.1/tcp/0/p2p/{ID}",
        f"/ip4/127.0.0.1/tcp/65536/p2p/{ID}",
        f"/ip4/256.0.0.1/tcp/1/p2p/{ID}",
        f"/ip4/0.0.0.0/tcp/1/p2p/{ID}",
        f"/ip6/127.0.0.1/tcp/1/p2p/{ID}",
        f"/dns4/a:b/tcp/1/p2p/{ID}",
        f"/ip4/127.0.0.1/udp/1/quic-v1/p2p/{ID}",
        f"/ip4/127.0.0.1/tcp/1/p2p/{ID}/p2p-circuit",
        f"/ip4/127.0.0.1/tcp/1/p2p/{ID}\n",
        f"/unix/run/socket/p2p/{ID}",
    ],
)
def test_other_forms_are_refused(text: str) -> None:
    with pytest.raises(StorageError):
        parse_address(text)
