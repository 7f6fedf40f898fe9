"""What strangers wrote is shown, and commands no terminal."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from market.cli.output import Output, columns, printable
from market.errors import TransportError

HOSTILE = "\x1b]0;owned\x07\x1b[2J [/red] [bold] \ud800 \u202e ok"


@given(st.text(st.characters()))
def test_nothing_is_left_that_a_terminal_obeys(text: str) -> None:
    shown = printable(text)
    assert all(each.isprintable() or each == "\n" for each in shown)
    shown.encode()
    if text.isprintable():
        assert shown == text


def test_every_way_of_speaking_shows_hostile_text_as_text(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = Output(as_json=False)
    output.progress("no receipt", node="7", reason=HOSTILE)
    output.error(TransportError(HOSTILE, HOSTILE))
    output.result(HOSTILE, {})
    for stream in capsys.readouterr():
        assert stream.count("ok") >= 1
        assert "[/red]" in stream
        assert not set(stream) & {"\x1b", "\x07", "\u202e"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_text_for_programs_is_one_line_of_json(
    capsys: pytest.CaptureFixture[str], text: str
) -> None:
    Output(as_json=True).progress("failed", reason=text)
    assert capsys.readouterr().out.count("\n") == 1


def test_columns_are_whole_and_one_under_the_other() -> None:
    account = "0x" + 40 * "a"
    assert columns([("who", "what"), (account, "x"), ("b", "")]) == [
        f"who{39 * ' '}  what",
        f"{account}  x",
        "b",
    ]
