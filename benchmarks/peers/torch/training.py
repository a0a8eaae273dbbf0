"""Training. Optimizers are the fused ones, which are the fastest in either case."""

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from benchmarks.peers.networks import ADAM, CONV, MLP, RECURRENT, RESNET, SGD, TRANSFORMER
from benchmarks.peers.torch.networks import (
    ConvNetwork,
    MLPNetwork,
    RecurrentNetwork,
    ResidualNetwork,
    Transformer,
)
from benchmarks.peers.torch.weights import channels_first_rows, filled


def training():
    """Return the forms of training."""
    recurrent = RECURRENT["batch"]
    return {
        "mlp": _plain(mlp, MLP["batch"], adam),
        "conv": _pictures(conv, CONV["batch"], adam),
        "lstm": _plain(lstm, recurrent, adam),
        "gru": _plain(gru, recurrent, adam),
        "resnet": _pictures(resnet, RESNET["batch"], sgd),
        "transformer": _plain(transformer, TRANSFORMER["batch"], adam),
    }


def mlp(weights):
    return filled(MLPNetwork(), weights)


def conv(weights, **settings):
    return filled(ConvNetwork(**settings), channels_first_rows(weights, "hidden", 12, 12))


def lstm(weights):
    return filled(RecurrentNetwork(nn.LSTM), weights)


def gru(weights):
    return filled(RecurrentNetwork(nn.GRU), weights)


def resnet(weights):
    return filled(ResidualNetwork(), weights)


def transformer(weights):
    return filled(Transformer(), weights)


def adam(parameters):
    betas = ADAM["beta_1"], ADAM["beta_2"]
    return torch.optim.Adam(
        parameters, lr=ADAM["rate"], betas=betas, eps=ADAM["epsilon"], fused=True
    )


def sgd(parameters):
    return torch.optim.SGD(parameters, lr=SGD["rate"], momentum=SGD["momentum"], fused=True)


def _plain(build, size, optimizer):
    def form(compiled):
        return lambda weights: epochs(build(weights), compiled, torch.from_numpy, size, optimizer)

    return {"eager": form(compiled=False), "compiled": form(compiled=True)}


def _pictures(build, size, optimizer):
    def form(compiled, layout):
        def made(weights, **settings):
            model = build(weights, **settings).to(memory_format=layout)
            return epochs(model, compiled, in_layout(layout), size, optimizer)

        return made

    return {
        "eager": form(False, torch.contiguous_format),
        "eager, channels last": form(False, torch.channels_last),
        "compiled": form(True, torch.contiguous_format),
        "compiled, channels last": form(True, torch.channels_last),
    }


def in_layout(layout):
    """Return what makes of (examples, height, width, channels) the pictures a network takes."""
    return lambda x: torch.from_numpy(x).permute(0, 3, 1, 2).contiguous(memory_format=layout)


def epochs(model, compiled, inputs, size, optimizer):
    """Return what trains a network for an epoch.

    Args:
        model: the network.
        compiled: whether it is compiled.
        inputs: makes of arrays what the network takes.
        size: the number of examples in a batch.
        optimizer: makes an optimizer of parameters.
    """
    optimizer = optimizer(model.parameters())

    def loss_of(x, y):
        return cross_entropy(model(x), y)

    if compiled:
        loss_of = torch.compile(loss_of)

    def run(x, y):
        x, y = inputs(x), torch.from_numpy(y).long()
        total = torch.zeros(())
        for batch in torch.randperm(len(x)).split(size):
            optimizer.zero_grad()
            loss = loss_of(x[batch], y[batch])
            loss.backward()
            optimizer.step()
            total += loss.detach()
        return total.item() / (len(x) // size)

    return run
