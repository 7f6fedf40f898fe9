"""The command of a trainer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click
import torch

from market.attacks import ALONE, Attack
from market.attacks import attack as attack_named
from market.chain.market import Market, project_id
from market.chain.state import Standing
from market.chain.terms import Terms
from market.cli.context import Settings, shared_options
from market.datasets.table import check_file, read_table
from market.errors import ContractError
from market.exclusive import exclusive
from market.invitations import read_invitation
from market.project import open_project
from market.storage.base import Storage
from market.trainer.copycat import Copycat
from market.trainer.prospects import check_expected_gain, check_rows
from market.trainer.service import Bench, TrainerService
from market.trainer.witness import Witness
from market.trainer.work import Workshop
from market.training.linear import pick_device
from market.yardstick.own_rows import LeaveRule, OwnMeasure

MISCONDUCT = ("copycat", "withhold")
"""Against the protocol; what `market.attacks` knows is against the model."""
FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(epilog="Example: market join 0x5c... --data rows.csv --home ./trainer")
@shared_options
@click.argument("project")
@click.option(
    "--data",
    required=True,
    metavar="DATA",
    help="Your rows: .csv or .parquet with the project's columns and `label` (last, where a .csv "
    "names its columns otherwise), or .npz with X and y. They never leave this machine.",
)
@click.option(
    "--invitation", type=FILE, help="Where the terms name who may join: the file of your proof."
)
@click.option(
    "--accept-terms",
    is_flag=True,
    help="Join although the expected gain is far above what your rows let expect.",
)
@click.option(
    "--leave-after",
    type=click.IntRange(0, 255),
    default=0,
    help="Leave after so many rounds in a row that made your own rows worse.  [default: never]",
)
@click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of minibatch order.")
@click.option(
    "--attack",
    type=click.Choice([*sorted(ALONE), *MISCONDUCT]),
    default="none",
    help="Misbehave like this, to see what the market does about it.",
)
def join(
    settings: Settings,
    project: str,
    data: str,
    invitation: Path | None,
    accept_terms: bool,
    leave_after: int,
    device: str,
    seed: int,
    attack: str,
) -> None:
    """Train for PROJECT until it is closed: join, commit, reveal, every round."""
    id = project_id(project)
    _check_source(data)
    choices = Choices(data, pick_device(device), seed, attack, leave_after)
    account = settings.account()
    market = settings.market()
    joined = market.trainer(id, account.address).standing is not Standing.NONE
    proof = [] if joined else _proof(market.created(id).terms, account.address, invitation)
    # A second one would commit to another delta, and overwrite the journal of the first.
    lock = settings.home / "contributions" / id.hex() / "lock"
    with exclusive(lock, "`market join` for this project"), settings.storage() as storage:
        prepared = (_measured if market.created(id).terms.is_measured else _linear)(
            settings, market, storage, id, choices, check=not (accept_terms or joined)
        )
        opened = prepared.bench.project
        progress = settings.output.progress
        service = TrainerService(
            market,
            storage,
            settings.home,
            account,
            prepared.bench,
            progress,
            invitation=proof,
            witness=prepared.witness,
            copycat=Copycat(market, opened, progress) if attack == "copycat" else None,
        )
        state = service.run()
    owed = market.withdrawable(opened.terms, market.address)
    shown = market.currency(opened.terms.token).show(owed)
    settings.output.result(
        f"project {state.phase.name.lower()}; `market withdraw` pays out {shown}",
        {"phase": state.phase.name.lower(), "withdrawable_wei": str(owed)},
    )


def _check_source(data: str) -> None:
    """Refuses a file that nothing reads, before anything is asked of the network.

    A folder or a module's function is for projects that train a network: what they hold shows when
    the project's document says what rows are.

    Raises:
        InputError: there is no such file, or it is of no known kind.
    """
    path = Path(data)
    named = path.exists() or ":" not in data
    if named and not path.is_dir() and path.suffix != ".npy":
        check_file(path)


def _proof(terms: Terms, account: str, invitation: Path | None) -> list[bytes]:
    """What the contract will ask for, before minutes of work.

    Raises:
        ContractError: only invited accounts may join, and no invitation is given.
        InputError: the invitation is not this account's, or not this project's.
    """
    if not any(terms.invited):
        return []
    if invitation is None:
        raise ContractError(
            f"only accounts that the owner invited may join, and {account} shows no invitation",
            f"ask {terms.owner} for this account's file, and give it with --invitation",
        )
    return read_invitation(invitation, account, terms.invited)


@dataclass(frozen=True)
class Choices:
    """What a trainer says on the command line."""

    data: str
    device: torch.device
    seed: int
    attack: str
    leave_after: int

    @property
    def against_model(self) -> Attack:
        return attack_named("none" if self.attack in MISCONDUCT else self.attack)


@dataclass(frozen=True)
class Prepared:
    """What the service works with."""

    bench: Bench
    witness: Witness


def _linear(
    settings: Settings,
    market: Market,
    storage: Storage,
    id: bytes,
    choices: Choices,
    *,
    check: bool,
) -> Prepared:
    path = Path(choices.data)
    check_file(path)
    opened = open_project(market, storage, id, settings.output.progress)
    document = opened.document
    table = read_table(path, document.features, document.classes, columns=document.columns)
    if check:
        check_rows(opened.terms)
        initial = opened.fetch_weights(storage, opened.created.model_cid, opened.terms.model)
        check_expected_gain(opened.terms, document, table, initial)
    withholds = choices.attack == "withhold"
    bench = Workshop(opened, table, choices.device, choices.against_model, choices.seed, withholds)
    measure = OwnMeasure(document, table.X, table.y, LeaveRule(choices.leave_after))
    return Prepared(bench, Witness(market, id, measure, settings.output.progress))


def _measured(
    settings: Settings,
    market: Market,
    storage: Storage,
    id: bytes,
    choices: Choices,
    *,
    check: bool,
) -> Prepared:
    from market.data.read import read
    from market.measured.lineage import Networks
    from market.measured.project import open_measured
    from market.trainer.network import NetworkWorkshop
    from market.trainer.network_rows import NetworkMeasure

    opened = open_measured(market, storage, id, settings.output.progress)
    rows = read(choices.data, opened.document.schema)
    for note in rows.notes:
        settings.output.progress("rows", note=note)
    if check:
        check_rows(opened.terms)
    bench = NetworkWorkshop(
        opened,
        Networks(market, storage, opened, choices.device),
        rows,
        choices.device,
        choices.against_model,
        choices.seed,
        choices.attack == "withhold",
    )
    measure = NetworkMeasure(opened, rows, LeaveRule(choices.leave_after))
    return Prepared(bench, Witness(market, id, measure, settings.output.progress))
