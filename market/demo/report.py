"""What happened, read from the chain, as one JSON value."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from market.chain.logs import SettledRound
from market.chain.market import Market, project_id
from market.datasets.table import Table
from market.demo.run import Demonstration
from market.training.evaluation import Floats, evaluate, squared_loss
from market.training.linear import train_centralised
from zk.field import Point


def build_report(run: Demonstration) -> dict[str, Any]:
    """The report of a finished run; `seconds` is left to the caller."""
    market = Market(run.rpc, run.contract)
    id = project_id(run.project)
    created = market.created(id)
    terms = created.terms
    settled = market.settled(id)
    credited = market.credits(id)
    trainers = [run.addresses[name] for name in run.trainers]
    paid = sum(credited.get(address, 0) for address in trainers)
    fees = sum(credited.get(account, 0) for account in terms.aggregators)
    models = _references(run)
    model = terms.model
    rounds = []
    for found in settled:
        rounds.append(_round(run, market, id, found, model))
        model = found.model
    return {
        "project": {
            "id": run.project,
            "contract": run.contract,
            "dataset": run.options.dataset,
            "trainers": trainers,
            "rounds": run.options.rounds,
            "seed": run.options.seed,
            "attack": run.options.attack,
            "attackers": [run.addresses[name] for name in run.attackers],
            "paid_wei": {address: str(credited.get(address, 0)) for address in trainers},
        },
        "rounds": rounds,
        "models": models,
        "wei_a_point": _price(models, paid + fees),
        "money": {
            "deposited_wei": str(created.deposit),
            "paid_to_trainers_wei": str(paid),
            "paid_to_aggregator_wei": str(fees),
            "refunded_to_owner_wei": str(market.refund(id)),
            "slashed_wei": str(sum(market.sums(id, "Slashed").values())),
        },
        "phase": market.project(id).phase.name.lower(),
        "audit": {
            "holds": run.audit["holds"],
            "claims": len(run.audit["claims"]),
        },
        "flower": _flower(run),
    }


def _round(
    run: Demonstration, market: Market, id: bytes, found: SettledRound, model: Point
) -> dict[str, Any]:
    committed = market.committed(id, found.round)
    aside = {each.trainer for each in market.set_aside(id) if each.round == found.round}
    excluded = [
        {"trainer": address, "reason": _reason(address, committed, aside, found)}
        for address in market.joined(id)
        if address not in found.selected_trainers
    ]
    return {
        "round": found.round,
        "committed": committed,
        "revealed": list(found.trainers),
        "selected": list(found.selected_trainers),
        "excluded": excluded,
        "contributions": dict(zip(found.trainers, found.scores, strict=True)),
        "contribution_denominator": found.denominator,
        "payouts_wei": {
            address: str(wei) for address, wei in zip(found.trainers, found.payouts, strict=True)
        },
        "utility_before": found.utility_before,
        "utility_after": found.utility_after,
        "learning_rate": f"{market.rate_of(id, found.round) / 10**9:g}",
        "accuracy": run.accuracy[found.round + 1],
        "model_cid": found.model_cid,
        "settle_tx": found.transaction,
        "settle_gas": found.gas,
        "proofs": [_proof(run, market, id, found, model)],
    }


def _reason(address: str, committed: list[str], aside: set[str], found: SettledRound) -> str:
    if address not in committed:
        return "did not commit"
    if address in found.trainers:
        return "dropped"
    return "set aside" if address in aside else "did not reveal what it committed to"


def _proof(
    run: Demonstration, market: Market, id: bytes, found: SettledRound, model: Point
) -> dict[str, Any]:
    proved: dict[str, Any] = {}
    for event in run.aggregator.events if run.aggregator else []:
        if event["event"] == "proved" and event["round"] == found.round:
            proved = event
    return {
        "statement": "round: range, Gram matrix, contribution and utility",
        "rows": proved.get("rows"),
        "logrows": proved.get("logrows"),
        "prove_seconds": proved.get("seconds"),
        "peak_bytes": proved.get("peak_bytes"),
        "proof_bytes": proved.get("proof_bytes"),
        "verify_gas": market.verify_gas(id, found, model),
    }


def _references(run: Demonstration) -> dict[str, dict[str, float]]:
    """Accuracy and loss on the held-out rows of what the owner had, bought, and could not have.

    The references train as long as the federation did, on the same scaled rows; the logistic
    regression is scikit-learn's own choice.
    """
    dataset, plan, rounds = run.dataset, run.dataset.plan, len(run.accuracy) - 1
    scaling = dataset.scaling(run.rows.validation)
    X, y = scaling.design(run.rows.test.X), run.rows.test.y

    def trained(*parts: Table) -> dict[str, float]:
        rows = np.vstack([scaling.design(part.X) for part in parts])
        labels = np.concatenate([part.y for part in parts])
        return measured(
            train_centralised(rows, labels, dataset.classes, plan, rounds, run.options.seed)
        )

    def measured(weights: Floats) -> dict[str, float]:
        return {"accuracy": evaluate(weights, X, y), "loss": squared_loss(weights, X, y)}

    own = run.rows.validation
    logistic = LogisticRegression(max_iter=1000).fit(scaling.design(own.X), own.y)
    singles = [trained(part) for part in run.rows.parts]
    return {
        "initial": measured(np.zeros_like(run.weights)),
        "owner_alone": trained(own),
        "owner_alone_logistic": {"accuracy": float((logistic.predict(X) == y).mean())},
        "best_single_trainer": max(singles, key=lambda each: each["accuracy"]),
        "federated": measured(run.weights),
        "centralised": trained(*run.rows.parts),
    }


def _price(models: dict[str, dict[str, float]], spent: int) -> str | None:
    """Wei that a point of accuracy cost above the best that the owner has alone; None if none."""
    alone = max(models["owner_alone"]["accuracy"], models["owner_alone_logistic"]["accuracy"])
    points = 100 * (models["federated"]["accuracy"] - alone)
    return str(int(spent / points)) if points > 0 else None


def _flower(run: Demonstration) -> dict[str, Any]:
    """Seconds that Flower added to each round: the longest that a trainer waited to be invited.

    Nothing waits for receipts.
    """
    slowest: dict[int, float] = {}
    for role in run.joined:
        for event in role.events:
            if event["event"] == "committed":
                number = int(event["round"])
                waited = float(event["waited_seconds"])
                slowest[number] = max(slowest.get(number, 0.0), waited)
    return {"seconds_by_round": [slowest[number] for number in sorted(slowest)]}
