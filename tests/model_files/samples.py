"""Modules of the kinds that people train, and their files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from market.models import Exported, export_model


class Perceptron(nn.Sequential):
    def __init__(self) -> None:
        super().__init__(
            nn.Linear(6, 5), nn.Tanh(), nn.Dropout(0.3), nn.Linear(5, 3), nn.LogSoftmax(-1)
        )


class Block(nn.Module):
    """A residual block as ResNets have it, with activations in place."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(channels)
        self.second = nn.Conv2d(channels, channels, 3, padding="same", groups=2)
        self.group = nn.GroupNorm(2, channels)
        self.act = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        inner = self.act(self.norm(self.first(x)))
        return F.silu(self.group(self.second(inner)) + x)


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 4, 3, stride=2), nn.GELU(), nn.MaxPool2d(2))
        self.blocks = nn.Sequential(Block(4), Block(4))
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(16, 5))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(F.avg_pool2d(self.blocks(self.stem(x)), 2))


class Encoder(nn.Module):
    """A transformer on words, with a mask of padding, and its table tied to what it predicts."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(11, 8)
        self.places = nn.Embedding(5, 8)
        self.register_buffer("order", torch.arange(5))
        layer = nn.TransformerEncoderLayer(8, 2, 12, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.out = nn.Linear(8, 11, bias=False)
        self.out.weight = self.table.weight

    def forward(self, words: Tensor) -> Tensor:
        padding = words == 0
        inner = self.encoder(
            self.table(words) + self.places(self.order), src_key_padding_mask=padding
        )
        kept = (~padding).to(inner.dtype).unsqueeze(-1)
        return self.out((inner * kept).sum(1) / kept.sum(1).clamp(min=1))


class Oddments(nn.Module):
    """Much of what else forwards do."""

    def __init__(self) -> None:
        super().__init__()
        self.wave = nn.Conv1d(2, 4, 3, padding=1)
        self.norm = nn.LayerNorm(8)
        self.slope = nn.LeakyReLU()
        self.scale = nn.Parameter(torch.tensor(1.5))
        self.still = nn.Parameter(torch.ones(4, 1), requires_grad=False)
        self.out = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        batch = x.size(0)
        first, second = self.slope(self.norm(self.wave(x))).chunk(2, dim=1)
        both = torch.stack([first, second], 1).reshape(batch, -1, 8) * self.still + torch.zeros(
            batch, 4, 8
        )
        mixed = both @ torch.tril(torch.ones(8, 8)) / 8 - torch.arange(8) / 10
        mixed = torch.where(mixed > 0, mixed, mixed.exp() - 1)
        mixed = mixed.masked_fill(mixed > 3, 3.0)
        mixed = F.pad(mixed, (1, 1))[:, :, ::2].permute(0, 2, 1)
        mixed = 1 - torch.cat([mixed, mixed**2], 1).transpose(1, 2)
        pooled = (
            mixed.amax(-1)
            + mixed.mean(-1)
            + F.softplus(mixed).max(-1).values
            + mixed.var(-1).sqrt()
        )
        return F.normalize(self.out(torch.sigmoid(pooled) * self.scale), dim=-1).squeeze(1)


class Causal(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.mix = nn.Linear(4, 12)
        self.out = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = self.mix(x).split(4, dim=-1)
        inner = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        return self.out(inner.unbind(1)[-1])


@dataclass(frozen=True)
class Sample:
    """A module, and the rows that it takes."""

    make: Callable[[], nn.Module]
    shape: tuple[int, ...]
    dtype: torch.dtype = torch.float32


SAMPLES = {
    "perceptron": Sample(Perceptron, (6,)),
    "residual": Sample(Residual, (1, 20, 20)),
    "encoder": Sample(Encoder, (5,), torch.int64),
    "oddments": Sample(Oddments, (2, 8)),
    "causal": Sample(Causal, (3, 4)),
}


def made(name: str) -> nn.Module:
    """The module, the same at every call, with statistics that are not those of a new one."""
    torch.manual_seed(0)
    module = SAMPLES[name].make()
    for each in module.modules():
        if isinstance(each, nn.BatchNorm2d):
            each.running_mean = torch.randn_like(each.running_mean)
            each.running_var = 1 + torch.rand_like(each.running_var)
    return module


@cache
def exported() -> dict[str, Exported]:
    """What each is written as."""
    return {
        name: export_model(made(name), sample.shape, sample.dtype)
        for name, sample in SAMPLES.items()
    }


def samples() -> tuple[tuple[str, bytes], ...]:
    """Name and file of each."""
    return tuple((name, each.data) for name, each in exported().items())
