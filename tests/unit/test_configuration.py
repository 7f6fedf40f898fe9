"""market.toml: what it may say."""

from __future__ import annotations

from pathlib import Path

import pytest

from market.cli.context import read_configuration
from market.errors import InputError

JUDGE = "0x52908400098527886E0F7030069857D2E4169EE7"


def test_texts_and_judges(tmp_path: Path) -> None:
    path = tmp_path / "market.toml"
    assert read_configuration(path) == ({}, ())
    path.write_text(f'rpc = "http://node"\njudges = ["{JUDGE.lower()}"]\n')
    assert read_configuration(path) == ({"rpc": "http://node"}, (JUDGE,))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("judges = []", "judges: must be a list of 1 to 100 addresses"),
        ('judges = ["me"]', "judges: must be an address"),
        (f'judges = ["{JUDGE}", "{JUDGE}"]', "judges: names an address twice"),
        ('judges = "me"', "judges: must be a list"),
        ("rpc = 1", "unusable entry rpc"),
        ('colour = "red"', "unusable entry colour"),
        ("[", "cannot read"),
    ],
)
def test_what_is_refused(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "market.toml").write_text(content)
    with pytest.raises(InputError, match=message):
        read_configuration(tmp_path / "market.toml")
