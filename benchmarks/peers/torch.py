"""PyTorch: eager, and compiled by its inductor.

Adam is the fused one, which is the fastest in either case.
"""

import torch
from torch import nn
from torch.nn.functional import cross_entropy, mse_loss

from benchmarks.peers.tasks import ADAM, BATCH, CONV, LSTM, XOR_RATE, Peer, serve


def network(weights, activation):
    """Return layers with these first weights; the last has no activation."""
    w1, b1, w2, b2 = map(torch.from_numpy, weights)
    layers = nn.Sequential(nn.Linear(*w1.shape), activation, nn.Linear(*w2.shape))
    with torch.no_grad():
        for layer, w, b in ((layers[0], w1, b1), (layers[2], w2, b2)):
            layer.weight.copy_(w.T)
            layer.bias.copy_(b)
    return layers


def xor_eager(weights, x, y):
    model = nn.Sequential(network(weights, nn.Sigmoid()), nn.Sigmoid())
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


def mlp(weights, compiled):
    return training(network(weights, nn.ReLU()), compiled, torch.from_numpy)


def training(model, compiled, pictures, size=BATCH):
    """Return what trains a network for an epoch.

    Args:
        model: the network.
        compiled: whether it is compiled.
        pictures: makes of arrays what the network takes.
        size: the number of examples in a batch.
    """
    optimizer = torch.optim.Adam(
        model.parameters(),
        lr=ADAM["rate"],
        betas=(ADAM["beta_1"], ADAM["beta_2"]),
        eps=ADAM["epsilon"],
        fused=True,
    )

    def loss_of(x, y):
        return cross_entropy(model(x), y)

    if compiled:
        loss_of = torch.compile(loss_of)

    def run(x, y):
        x, y = pictures(x), torch.from_numpy(y).long()
        total = torch.zeros(())
        for batch in torch.randperm(len(x)).split(size):
            optimizer.zero_grad()
            loss = loss_of(x[batch], y[batch])
            loss.backward()
            optimizer.step()
            total += loss.detach()
        return total.item() / (len(x) // size)

    return run


def mlp_eager(weights):
    return mlp(weights, compiled=False)


def mlp_compiled(weights):
    return mlp(weights, compiled=True)


def conv(compiled, channels_last=False):
    first, second = CONV["filters"]
    model = nn.Sequential(
        nn.Conv2d(1, first, 3),
        nn.ReLU(),
        nn.Conv2d(first, second, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Dropout(CONV["dropout"][0]),
        nn.Flatten(),
        nn.Linear(12 * 12 * second, CONV["dense"]),
        nn.ReLU(),
        nn.Dropout(CONV["dropout"][1]),
        nn.Linear(CONV["dense"], 10),
    )
    layout = torch.channels_last if channels_last else torch.contiguous_format
    model = model.to(memory_format=layout)

    def pictures(x):
        return torch.from_numpy(x).permute(0, 3, 1, 2).contiguous(memory_format=layout)

    return training(model, compiled, pictures)


def conv_eager():
    return conv(compiled=False)


def conv_channels_last():
    return conv(compiled=False, channels_last=True)


def conv_compiled():
    return conv(compiled=True)


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(LSTM["words"], LSTM["size"])
        self.lstm = nn.LSTM(LSTM["size"], LSTM["units"], batch_first=True)
        self.dense = nn.Linear(LSTM["units"], LSTM["classes"])

    def forward(self, x):
        every, _ = self.lstm(self.embedding(x))
        return self.dense(every[:, -1])


def lstm_eager():
    return training(Recurrent(), False, torch.from_numpy, LSTM["batch"])


def lstm_compiled():
    return training(Recurrent(), True, torch.from_numpy, LSTM["batch"])


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
            mlp={"eager": mlp_eager, "compiled": mlp_compiled},
            conv={
                "eager": conv_eager,
                "eager, channels last": conv_channels_last,
                "compiled": conv_compiled,
            },
            lstm={"eager": lstm_eager, "compiled": lstm_compiled},
            product={"": product},
        )
    )
