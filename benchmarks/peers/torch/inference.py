"""Prediction, in inference mode."""

import torch

from benchmarks.peers.torch.training import conv, in_layout, lstm


def inference():
    """Return the forms of prediction."""
    contiguous, last = torch.contiguous_format, torch.channels_last
    return {
        "conv": {
            "eager": predicting(conv, in_layout(contiguous)),
            "eager, channels last": predicting(conv, in_layout(last), layout=last),
            "compiled": predicting(conv, in_layout(contiguous), compiled=True),
            "compiled, channels last": predicting(
                conv, in_layout(last), compiled=True, layout=last
            ),
        },
        "lstm": {
            "eager": predicting(lstm, torch.from_numpy),
            "compiled": predicting(lstm, torch.from_numpy, compiled=True),
        },
    }


def predicting(build, inputs, compiled=False, layout=torch.contiguous_format):
    """Return a form that gives the classes' probabilities.

    Args:
        build: makes the network of weights.
        inputs: makes of arrays what the network takes.
        compiled: whether it is compiled.
        layout: of the network's pictures.
    """

    def form(weights):
        model = build(weights).eval().to(memory_format=layout)

        def probabilities(x):
            return model(x).softmax(-1)

        if compiled:
            probabilities = torch.compile(probabilities)

        @torch.inference_mode()
        def predict(x):
            return probabilities(inputs(x)).numpy()

        return predict

    return form
