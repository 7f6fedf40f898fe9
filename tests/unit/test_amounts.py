from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.errors import InputError
from market.specification.amounts import MAX_WEI, parse_wei, show_ether

UNITS = {"wei": 0, "gwei": 9, "ether": 18}


@given(st.integers(0, MAX_WEI), st.sampled_from(sorted(UNITS)), st.sampled_from(["", " "]))
def test_any_amount_written_out_is_read_to_the_wei(wei: int, unit: str, space: str) -> None:
    decimals = UNITS[unit]
    whole, fraction = divmod(wei, 10**decimals)
    point = f".{fraction:0{decimals}d}" if fraction else ""
    if len(str(whole)) > 30:
        return
    assert parse_wei(f" {whole}{point}{space}{unit}") == wei


def test_examples() -> None:
    assert parse_wei("1ether") == 10**18
    assert parse_wei("0.5 ether") == 5 * 10**17
    assert parse_wei("10gwei") == 10**10
    assert parse_wei("1.50gwei") == 1_500_000_000
    assert show_ether(123_456_789 * 10**10) == "1.234568"


@pytest.mark.parametrize(
    "text",
    [
        *("", "1", "ether", "-1ether", "1e3wei", "1,5ether", ".5ether", "1.ether", "0x10wei"),
        *("nanwei", "1 finney", "1ether 2wei", "1ETHER", "\u0661wei", "1" * 31 + "wei"),
    ],
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is not an amount"):
        parse_wei(text)


def test_no_wei_is_lost_to_rounding() -> None:
    with pytest.raises(InputError, match="whole number of wei"):
        parse_wei("1.5wei")
    with pytest.raises(InputError, match="whole number of wei"):
        parse_wei("123456789012345678901234567.0000000001gwei")
    with pytest.raises(InputError, match="more than the contract can hold"):
        parse_wei(f"{MAX_WEI // 10**9 + 1}gwei")
