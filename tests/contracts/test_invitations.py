"""Who joined a project for invited accounts: read back from the transactions."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from market.auditor.conduct import conduct_claims
from market.chain.market import Market
from market.cli.trainer import _proof
from market.errors import ContractError, InputError
from market.invitations import invite, root_of
from tests.contracts.books import evidence_of, failed_claims, ledger_of
from tests.contracts.chain import CID, ETHER, Chain
from tests.contracts.rounds import Open


def test_an_audit_checks_every_invitation(chain: Chain) -> None:
    owner, office = chain.market(), chain.market()
    people = [chain.market() for _ in range(3)]
    listed = [each.address for each in people]
    terms = chain.terms(owner, office, participants=4, invited=root_of(listed))
    id = owner.create(terms, CID, CID, ETHER)
    office.bond(terms)
    for each, invitation in zip(people, invite(listed), strict=True):
        each.join(terms, invitation.proof)
    open_ = Open(chain, owner, [office], people, terms, id)
    assert failed_claims(open_) == []
    texts = _texts(open_, owner, holds=True)
    assert {f"{account} was invited" for account in listed} <= texts

    other = invite(listed)[0].proof
    evidence = replace(evidence_of(open_), invitation_of=lambda _: other)
    ledger, history = ledger_of(open_), owner.history(id)
    failed = {c.text for c in conduct_claims(ledger, history, evidence) if not c.holds}
    assert failed == {f"{account} was invited" for account in listed[1:]}


def test_who_has_no_invitation_learns_it_before_the_work(chain: Chain, tmp_path: Path) -> None:
    account, other = chain.market(), chain.market()
    terms = replace(chain.terms(account, account), invited=root_of([account.address]))
    path = tmp_path / "invitation.json"
    path.write_text(json.dumps(invite([account.address])[0].encode()))
    assert _proof(terms, account.address, path) == []  # one leaf is its own root
    with pytest.raises(ContractError, match="only accounts that the owner invited"):
        _proof(terms, account.address, None)
    with pytest.raises(InputError, match="invites"):
        _proof(terms, other.address, path)
    with pytest.raises(InputError, match="other projects"):
        _proof(replace(terms, invited=bytes(range(32))), account.address, path)
    assert _proof(replace(terms, invited=bytes(32)), other.address, None) == []


def _texts(open_: Open, market: Market, holds: bool) -> set[str]:
    claims = conduct_claims(ledger_of(open_), market.history(open_.id), evidence_of(open_))
    return {claim.text for claim in claims if claim.holds == holds}
