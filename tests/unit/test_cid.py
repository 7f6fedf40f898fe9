"""CIDs computed here against those that kubo 0.22 gave the same bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.errors import StorageError
from market.storage.cid import cid_of, format_cid, parse_cid

# The content is the pattern below, cut to the size.
KUBO = {
    0: "QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH",
    262_144: "QmPG36aswn4cmRDGAsrjRL9zJFF7bcsPwpk3Hzi1qMbY8V",
    262_145: "QmYy2Fy2ogyXDbNYGBsDKQHtFPyYxqZog2KrTuzM1EAT9o",
    1_000_000: "QmRQuhX5uYgyugD5uN5Fus6y5KhY6A9aGtLdn2ac6oy7dS",
    50_000_000: "QmWYpkqt6HgjHbibZgJJ5GhJ7YN34QLBQNHfqajoEZzP6q",  # two levels of parents
}


def pattern(size: int) -> bytes:
    return bytes(i * 7 % 251 for i in range(1000)) * (size // 1000) + b"x" * (size % 1000)


@pytest.mark.parametrize("size", KUBO)
def test_equals_kubo(size: int) -> None:
    assert cid_of(pattern(size)) == KUBO[size]


@given(st.binary(min_size=32, max_size=32))
def test_every_digest_survives(digest: bytes) -> None:
    assert parse_cid(format_cid(digest)) == digest


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Qm",
        KUBO[0] + "\n",
        " " + KUBO[0],
        KUBO[0] + "/x",
        "/ipfs/" + KUBO[0],
        KUBO[0][:-1],
        KUBO[0] + "1",
        KUBO[0].replace("b", "0", 1),  # not in the base58 alphabet
        "Qm" + "z" * 44,  # longer than a sha-256 multihash
        "Qm" + "1" * 44,
        "bafybeif7ztnhq65lumvvtr4ekcwd2ifwgm3awq4zfr3srh462rwyinlb4y",  # version 1
        "zb2rhjYzEhDZP6oWA2jW3wPkGT4qhuH1qoud8AVuwngiH97c1",
        "../../etc/passwd",
    ],
)
def test_other_forms_are_refused(text: str) -> None:
    with pytest.raises(StorageError):
        parse_cid(text)


@given(st.text(max_size=60))
def test_parsing_never_fails_otherwise(text: str) -> None:
    try:
        digest = parse_cid(text)
    except StorageError:
        return
    assert format_cid(digest) == text
