"""Choices that terms number and specifications name."""

from __future__ import annotations

from enum import IntEnum
from typing import TypeVar

_Choice = TypeVar("_Choice", bound="Choice")


class Choice(IntEnum):
    """Members are written as (number, name in specifications)."""

    method: str

    def __new__(cls, number: int, method: str = "") -> Choice:
        choice = int.__new__(cls, number)
        choice._value_ = number
        choice.method = method
        return choice

    @classmethod
    def of(cls: type[_Choice], method: str) -> _Choice:
        """Of the name in a specification; a KeyError is a defect of the caller."""
        return {choice.method: choice for choice in cls}[method]
