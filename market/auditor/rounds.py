"""Who did what in each round, from a project's events alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from market.auditor.ring import Arc
from market.chain.logs import Log, SettledRound
from market.chain.state import Phase
from market.chain.terms import Terms
from market.specification.amounts import NOBODY
from zk.field import Point

_PHASES = (
    "RoundOpened",
    "RevealOpened",
    "SettlementOpened",
    "AuditOpened",
    "Challenged",
    "ClaimOpened",
    "Closed",
)


@dataclass
class Opening:
    """One opening of a round.

    Args:
        round: from 0.
        epoch: which opening of all.
        block: that opened it.
        again: whether the round had been opened before.
        arc: who is drawn, as the contract said.
        active: trainers that could be.
        seeded_in: block of the first commitment of its cycle, which fixes the seed; 0 without.
        committed: who committed in it.
        points: of everybody who revealed.
        standing: whose reveals stand, in the order of the slots.
        surplus: whose reveal gave way to another, with the transaction.
        set_aside: who did not answer a challenge, with the transaction that said so.
        silent: who committed and never revealed, with the transaction that ended the window.
        settled: the log of its settlement.
        given_up: the log that said that there would be none.
        claimed: who opened a reveal of it afterwards, with the transaction.
    """

    round: int
    epoch: int
    block: int = 0
    again: bool = False
    arc: Arc = field(default_factory=Arc)
    active: int = 0
    seeded_in: int = 0
    committed: list[str] = field(default_factory=list)
    points: dict[str, Point] = field(default_factory=dict)
    standing: list[str] = field(default_factory=list)
    surplus: dict[str, str] = field(default_factory=dict)
    set_aside: dict[str, str] = field(default_factory=dict)
    silent: dict[str, str] = field(default_factory=dict)
    settled: Log | None = None
    given_up: Log | None = None
    claimed: dict[str, str] = field(default_factory=dict)

    def give_slot(self, trainer: str, displaced: str) -> None:
        """Beyond the slots one gives way, and whoever takes its place takes its slot."""
        if displaced == NOBODY:
            self.standing.append(trainer)
        elif displaced != trainer and displaced in self.standing:
            self.standing[self.standing.index(displaced)] = trainer


@dataclass
class Course:
    """A project's course up to now.

    Args:
        openings: all of them, oldest first.
        joined: every trainer that ever joined, with its transaction.
        expelled: the epoch in which each expelled trainer lost its place, and the transaction.
        left: the epoch in which a trainer left; -1 before the first.
    """

    openings: list[Opening] = field(default_factory=list)
    joined: dict[str, str] = field(default_factory=dict)
    expelled: dict[str, tuple[int, str]] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)

    def of_round(self, number: int) -> list[Opening]:
        """The openings of a round, oldest first."""
        return [each for each in self.openings if each.round == number]

    def standing_of(self, found: SettledRound) -> dict[str, Point]:
        """Points of the trainers whose reveals stood in the opening that was settled, in order."""
        for opening in self.openings:
            if opening.settled is not None and opening.settled.place == found.place:
                return {trainer: opening.points[trainer] for trainer in opening.standing}
        return {}

    def silent_before(self, account: str, epoch: int) -> str | None:
        """The transaction that showed the account to be silent, in an opening before this one."""
        for opening in self.openings:
            if opening.epoch < epoch and account in opening.silent:
                return opening.silent[account]
        return None


def follow(history: Iterable[Log], terms: Terms) -> Course:
    """The course that the events describe."""
    follower = _Follower(terms)
    for log in history:
        follower.look(log)
    return follower.course


class _Follower:
    """Looks at one event after the other."""

    def __init__(self, terms: Terms) -> None:
        self.course = Course()
        self._terms = terms
        self._active: set[str] = set()
        self._stakes: dict[str, int] = {}
        self._phase = ""
        self._penal: Log | None = None  # a SetAside or Silenced, whose Slashed comes next
        self._seeded: tuple[int, int] = (0, 0)  # seed block, block of the first commitment

    def look(self, log: Log) -> None:
        args, name = log.args, log.name
        now = self.course.openings[-1] if self.course.openings else None
        if name in _PHASES:
            if now is not None and self._phase == "RevealOpened":
                now.silent = {
                    each: log.transaction for each in now.committed if each not in now.points
                }
            self._phase = name
        if name == "Joined":
            self.course.joined[args["trainer"]] = log.transaction
            self._stakes[args["trainer"]] = args["stake"]
            self._active.add(args["trainer"])
        elif name == "Leaving":
            self.course.left[args["trainer"]] = now.epoch if now else -1
            self._active.discard(args["trainer"])
        elif name == "RoundOpened":
            self._open(log)
        elif name == "Slashed":
            self._slash(log, now)
        elif now is not None:
            self._look_into(now, log)
        self._penal = log if log.is_penal else None

    def _open(self, log: Log) -> None:
        args = log.args
        self.course.openings.append(
            Opening(
                args["round"],
                args["epoch"],
                block=log.place[0],
                again=bool(self.course.of_round(args["round"])),
                arc=Arc(args["start"], args["width"], args["seedBlock"]),
                active=len(self._active),
                seeded_in=self._seeded[1] if self._seeded[0] == args["seedBlock"] else 0,
            )
        )

    def _look_into(self, now: Opening, log: Log) -> None:
        args, name = log.args, log.name
        if name == "Committed":
            now.committed.append(args["trainer"])
            if not now.seeded_in:
                now.seeded_in = log.place[0]
                self._seeded = (now.arc.seed_block, log.place[0])
        elif name == "Revealed":
            now.points[args["trainer"]] = Point(args["point"]["x"], args["point"]["y"])
            now.give_slot(args["trainer"], args["displaced"])
            if args["displaced"] != NOBODY:
                now.surplus[args["displaced"]] = log.transaction
        elif name == "SetAside":
            now.set_aside[args["trainer"]] = log.transaction
            if args["trainer"] in now.standing:
                now.standing.remove(args["trainer"])
        elif name == "Settled":
            now.settled = log
        elif name == "ClaimOpened" or (
            name == "Closed" and args["phase"] == Phase.ABORTED and not now.settled
        ):
            now.given_up = now.given_up or log
        elif name == "Claimed":
            for opening in self.course.openings:
                if opening.epoch == args["epoch"]:
                    opening.claimed[args["trainer"]] = log.transaction

    def _slash(self, log: Log, now: Opening | None) -> None:
        account, penal = log.args["account"], self._penal
        if penal is None or penal.args["trainer"] != account or now is None:
            return
        self._stakes[account] = self._stakes.get(account, 0) - log.args["amount"]
        if penal.name == "Silenced" or self._stakes[account] < self._terms.challenge_bond:
            self.course.expelled[account] = (now.epoch, log.transaction)
            self._active.discard(account)
