"""The networks as modules. The last layer has no activation: the loss brings it along."""

import torch
from torch import nn
from torch.nn.functional import relu

from benchmarks.peers.networks import (
    CONV,
    MLP,
    RECURRENT,
    RESNET,
    TRANSFORMER,
    positions,
    residual_blocks,
)


class MLPNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(MLP["inputs"], MLP["hidden"])
        self.classes = nn.Linear(MLP["hidden"], MLP["classes"])

    def forward(self, x):
        return self.classes(relu(self.hidden(x)))


class ConvNetwork(nn.Module):
    def __init__(self, dropout=CONV["dropout"]):
        super().__init__()
        first, second = CONV["filters"]
        self.conv_0 = nn.Conv2d(1, first, 3)
        self.conv_1 = nn.Conv2d(first, second, 3)
        self.pool = nn.MaxPool2d(2)
        self.dropout_0 = nn.Dropout(dropout[0])
        self.hidden = nn.Linear(second * 12 * 12, CONV["dense"])
        self.dropout_1 = nn.Dropout(dropout[1])
        self.classes = nn.Linear(CONV["dense"], CONV["classes"])

    def forward(self, x):
        x = self.pool(relu(self.conv_1(relu(self.conv_0(x)))))
        x = relu(self.hidden(self.dropout_0(x).flatten(1)))
        return self.classes(self.dropout_1(x))


class RecurrentNetwork(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.words = nn.Embedding(RECURRENT["words"], RECURRENT["size"])
        self.recurrent = layer(RECURRENT["size"], RECURRENT["units"], batch_first=True)
        if layer is nn.LSTM:  # Its two biases are only ever added: one is enough.
            self.recurrent.bias_hh_l0.requires_grad_(False)
        self.classes = nn.Linear(RECURRENT["units"], RECURRENT["classes"])

    def forward(self, x):
        every, _ = self.recurrent(self.words(x))
        return self.classes(every[:, -1])


class ResidualBlock(nn.Module):
    def __init__(self, block):
        super().__init__()
        self.conv_0 = conv3x3(block.inputs, block.filters, block.stride)
        self.norm_0 = batch_norm(block.filters)
        self.conv_1 = conv3x3(block.filters, block.filters)
        self.norm_1 = batch_norm(block.filters)
        self.shortcut = nn.Identity()
        if block.shape_changes:
            self.shortcut = nn.Conv2d(
                block.inputs, block.filters, 1, stride=block.stride, bias=False
            )

    def forward(self, x):
        y = relu(self.norm_0(self.conv_0(x)))
        y = self.norm_1(self.conv_1(y))
        return relu(y + self.shortcut(x))


class ResidualNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        first, *_, last = RESNET["filters"]
        self.stem_conv = conv3x3(3, first)
        self.stem_norm = batch_norm(first)
        self.block = nn.Sequential(*map(ResidualBlock, residual_blocks()))
        self.classes = nn.Linear(last, RESNET["classes"])

    def forward(self, x):
        x = self.block(relu(self.stem_norm(self.stem_conv(x))))
        return self.classes(x.mean((2, 3)))


def conv3x3(inputs, filters, stride=1):
    return nn.Conv2d(inputs, filters, 3, stride=stride, padding=1, bias=False)


def batch_norm(filters):
    return nn.BatchNorm2d(filters, eps=RESNET["epsilon"], momentum=1 - RESNET["momentum"])


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        size = TRANSFORMER["size"]
        self.words = nn.Embedding(TRANSFORMER["words"], size)
        self.register_buffer("positions", torch.from_numpy(positions()))
        self.encoder = nn.Sequential(
            *(
                nn.TransformerEncoderLayer(
                    size,
                    TRANSFORMER["heads"],
                    TRANSFORMER["inner"],
                    dropout=0.0,
                    layer_norm_eps=TRANSFORMER["epsilon"],
                    batch_first=True,
                )
                for _ in range(TRANSFORMER["layers"])
            )
        )
        self.classes = nn.Linear(size, TRANSFORMER["classes"])

    def forward(self, x):
        x = self.encoder(self.words(x) + self.positions)
        return self.classes(x.mean(1))
