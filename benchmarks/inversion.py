"""What a published yardstick tells about the validation rows that it was made of.

Whoever sees c and B knows the model, the coordinates and how c and B are made. Three questions, of
a small network on the digits, for few rows and for many, with noise added to both and without:

- labels: the shares of classes, read from the coordinates of the last layer's biases;
- membership: whether a row at hand was among them, by what its own gradient has in common with c,
  and its factors with the space of B's rows. AUC, 0.5 is a guess;
- pixels: rows that are drawn up until their c and B are those that were published, with the true
  labels given (gradient matching: Geiping et al., "Inverting Gradients", NeurIPS 2020). For each
  true row the correlation, class means taken off, with the best of the same class among the rows
  drawn up; beside it that of as many other rows of the data set, which know nothing.

python -m benchmarks.inversion [--rows N ...] [--noise X ...] [--iterations N] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn
from torch.func import grad, jvp, vmap

from benchmarks.coordinates.averaging import descend
from benchmarks.coordinates.task import network as convolutional
from market.coordinates import Coordinates, shapes_of
from market.measurement import Network, Rows, expand
from market.measurement.factors import factors
from market.measurement.output_curvature import hessian_product
from market.measurement.spectrum import MEMORY
from market.objectives import Loss

K, CLASSES = 984, 10
TRAINED, OTHERS = 300, 400
"""Rows that the model was trained on, and rows that it never saw; neither are validated on."""
BATCH = 100


@dataclass(frozen=True)
class Published:
    """c as a gradient (k,), and B's rows as eigenvectors (m, k) with eigenvalues (m,) of GN."""

    gradient: Tensor
    values: Tensor
    vectors: Tensor


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="*", default=[40, 1000])
    parser.add_argument("--noise", type=float, nargs="*", default=[0.0, 0.1, 1.0])
    parser.add_argument("--iterations", type=int, default=150)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    found = inversion(given.rows, given.noise, given.iterations)
    if given.json:
        given.json.write_text(json.dumps(found, indent=2))


def inversion(
    sizes: Sequence[int], noises: Sequence[float], iterations: int
) -> list[dict[str, object]]:
    pixels, labels = load_digits(return_X_y=True)
    order = torch.from_numpy(np.random.default_rng(0).permutation(len(labels)))
    X = torch.tensor(pixels, dtype=torch.float32).reshape(-1, 1, 8, 8)[order] / 8 - 0.6
    y = torch.tensor(labels)[order]
    network = trained((X[:TRAINED], y[:TRAINED]))
    others = Rows(X[TRAINED : TRAINED + OTHERS], y[TRAINED : TRAINED + OTHERS])
    found: list[dict[str, object]] = []
    print(
        "| rows | noise | labels wrong | membership by c | by B "
        "| pixels, correlation | of other rows |"
    )
    print("|---|---|---|---|---|---|---|")
    for size in sizes:
        first = TRAINED + OTHERS
        members = Rows(X[first : first + size], y[first : first + size])
        true = published(network, members)
        for noise in noises:
            seen = noised(true, noise)
            drawn = drawn_up(network, members.y, seen, iterations)
            row = {
                "rows": size,
                "noise": noise,
                "labels": labels_wrong(network, members, others, seen),
                "by c": membership(common(network, members, seen), common(network, others, seen)),
                "by B": membership(within(network, members, seen), within(network, others, seen)),
                "pixels": correlation(members, drawn, members.y, others),
                "of others": correlation(members, others.X[:size], others.y[:size], others),
            }
            found.append(row)
            cells = [row[key] for key in ("labels", "by c", "by B", "pixels", "of others")]
            text = " | ".join(f"{float(str(cell)):.3f}" for cell in cells)
            print(f"| {size:,} | {noise:g} | {text} |", flush=True)
    return found


def trained(rows: tuple[Tensor, Tensor]) -> Network:
    """A model that is half way, and fresh coordinates of it."""
    torch.manual_seed(0)
    module = convolutional(16, 32, 3, 1, 512).eval()
    weights = {name: value.detach() for name, value in module.named_parameters()}
    for epoch in range(4):
        seed = bytes([epoch]) * 32
        network = Network(
            module, weights, Coordinates.of(shapes_of(module), K, seed), Loss.CROSS_ENTROPY
        )
        if epoch == 3:
            break

        def gradient(at: Tensor, some: tuple[Tensor, Tensor], network: Network = network) -> Tensor:
            def of(theta: Tensor) -> Tensor:
                return nn.functional.cross_entropy(network.outputs(theta, some[0]), some[1])

            return grad(of)(at)

        step = descend(network.origin(torch.float32), gradient, rows, 0.5, epoch)
        integers = (step.double() * 2**13).round().long().tolist()
        weights = network.coordinates.fold(weights, integers, 2**13)
    return network


def published(network: Network, rows: Rows) -> Published:
    found = expand(network, rows, network.origin(torch.float64))
    curvature, rank = found.curvature, found.rank
    return Published(
        -2 * found.linear.float(),
        2 * curvature.values[:rank].float(),
        curvature.vectors[:rank].float(),
    )


def noised(true: Published, size: float) -> Published:
    """Gaussian noise on c and on each row of B, as long as `size` of it."""
    generator = torch.Generator().manual_seed(7)

    def noise(vectors: Tensor) -> Tensor:
        drawn = torch.randn(vectors.shape, generator=generator) / vectors.shape[-1] ** 0.5
        return vectors + size * vectors.norm(dim=-1, keepdim=True) * drawn

    return Published(noise(true.gradient[None])[0], true.values, noise(true.vectors))


def labels_wrong(network: Network, members: Rows, others: Rows, seen: Published) -> float:
    """Of all labels, those that a guess of each class's number has in the wrong class.

    The gradient in the last biases is mean(p) - shares; mean(p) is taken of other rows.
    """
    bias = network.coordinates.sketches[-1]
    last = seen.gradient[-bias.share :] / bias.scale
    by_class = last[bias.columns.long()] * bias.signs
    p = network.outputs(network.origin(torch.float32), others.X).softmax(1).mean(0)
    true = torch.bincount(members.y, minlength=CLASSES) / len(members)
    return float((p - by_class - true).abs().sum()) / 2


def common(network: Network, rows: Rows, seen: Published) -> Tensor:
    """<c, gradient of the row>, over its length."""

    def of(theta: Tensor, x: Tensor, label: Tensor) -> Tensor:
        return nn.functional.cross_entropy(network.outputs(theta, x[None])[0], label)

    parts = [
        vmap(grad(of), (None, 0, 0))(network.origin(torch.float32), X, y)
        for X, y in rows.batches(BATCH)
    ]
    gradients = torch.cat(parts)
    return gradients @ seen.gradient / gradients.norm(dim=1).clamp_min(1e-9)


def within(network: Network, rows: Rows, seen: Published) -> Tensor:
    """What part of a row's curvature lies in the space of B's rows."""
    basis = torch.linalg.qr(seen.vectors.T)[0]
    blocks = torch.cat(list(factors(network, rows, network.origin(torch.float32), MEMORY)))
    inside = ((blocks @ basis) ** 2).sum(1).reshape(len(rows), -1).sum(1)
    return inside / (blocks**2).sum(1).reshape(len(rows), -1).sum(1).clamp_min(1e-12)


def membership(members: Tensor, others: Tensor) -> float:
    truth = np.concatenate((np.ones(len(members)), np.zeros(len(others))))
    return float(roc_auc_score(truth, torch.cat((members, others)).numpy()))


def drawn_up(network: Network, labels: Tensor, seen: Published, iterations: int) -> Tensor:
    """Rows of these labels whose gradient and curvature come near what was published."""
    generator = torch.Generator().manual_seed(3)
    X = (0.3 * torch.randn(len(labels), 1, 8, 8, generator=generator)).requires_grad_()
    directions = seen.vectors[: 32 if len(labels) <= BATCH else 8]
    theta = network.origin(torch.float32)
    optimiser = torch.optim.Adam([X], lr=0.05)
    for _ in range(iterations):
        optimiser.zero_grad()

        def loss_at(at: Tensor) -> Tensor:
            return nn.functional.cross_entropy(network.outputs(at, X), labels)

        gradient = grad(loss_at)(theta)
        f = network.outputs(theta, X)

        def pushed(v: Tensor) -> Tensor:
            return jvp(lambda at: network.outputs(at, X), (theta,), (v,))[1]

        along = vmap(pushed)(directions)
        curved = hessian_product(Loss.CROSS_ENTROPY, f, along)
        inner = (along.flatten(1) @ curved.flatten(1).T) / len(labels)
        target = torch.diag(seen.values[: len(directions)])
        apart = (inner - target).norm() / target.norm()
        away = 1 - nn.functional.cosine_similarity(gradient, seen.gradient, dim=0)
        rough = X.diff(dim=2).abs().mean() + X.diff(dim=3).abs().mean()
        (away + 0.1 * apart + 0.01 * rough).backward()
        optimiser.step()
        with torch.no_grad():
            X.clamp_(-0.6, 1.4)
    return X.detach()


def correlation(members: Rows, guesses: Tensor, labels: Tensor, others: Rows) -> float:
    """The mean over members of the best correlation with a guess of the same class."""
    found = []
    for label in range(CLASSES):
        centre = others.X[others.y == label].mean(0).flatten()
        mine = members.X[members.y == label].flatten(1) - centre
        theirs = guesses[labels == label].flatten(1) - centre
        if not len(mine):
            continue
        if not len(theirs):
            found += [0.0] * len(mine)
            continue
        alike = nn.functional.normalize(mine, dim=1) @ nn.functional.normalize(theirs, dim=1).T
        found += alike.max(1).values.tolist()
    return float(np.mean(found))


if __name__ == "__main__":
    main()
