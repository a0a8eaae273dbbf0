"""What PyTorch does; the XOR network, and products."""

import torch
from torch import nn
from torch.nn.functional import mse_loss

from benchmarks.peers.tasks import XOR_RATE, Peer, serve
from benchmarks.peers.torch.inference import inference
from benchmarks.peers.torch.training import training


def xor_network(weights):
    w1, b1, w2, b2 = map(torch.from_numpy, weights)
    model = nn.Sequential(nn.Linear(2, 5), nn.Sigmoid(), nn.Linear(5, 1), nn.Sigmoid())
    with torch.no_grad():
        for parameter, w in zip(model.parameters(), (w1.T, b1, w2.T, b2), strict=True):
            parameter.copy_(w)
    return model


def xor_eager(weights, x, y):
    model = xor_network(weights)
    optimizer = torch.optim.SGD(model.parameters(), lr=XOR_RATE)
    x, y = torch.from_numpy(x), torch.from_numpy(y)

    def run(steps):
        for _ in range(steps):
            optimizer.zero_grad()
            loss = mse_loss(model(x), y)
            loss.backward()
            optimizer.step()
        return loss.item()

    return run


def product(a, b, transposed):
    a, b = torch.from_numpy(a), torch.from_numpy(b)
    left = a.T if transposed else a

    def run(times):
        for _ in range(times):
            result = left @ b
        return result

    return run


if __name__ == "__main__":
    serve(
        Peer(
            versions={"PyTorch": torch.__version__},
            xor={"eager": xor_eager},
            training=training(),
            inference=inference(),
            product={"": product},
        )
    )
