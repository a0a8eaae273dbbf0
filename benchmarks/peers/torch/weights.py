"""First weights, from the order and layout of Keras to those of PyTorch."""

import torch
from torch import nn

# What the parts of a nn.TransformerEncoderLayer are called by all peers.
_NAMES = {
    "self_attn": "attention", "norm1": "norm_0", "linear1": "inner", "linear2": "outer",
    "norm2": "norm_1",
}  # fmt: skip


@torch.no_grad()
def filled(model, weights):
    """Return a network with these weights."""
    left = dict(weights)
    for path, module in model.named_modules():
        *parts, last = path.split(".")
        arrays = left.pop("_".join([*parts, _NAMES.get(last, last)]), None)
        if arrays is not None:
            _fill(module, [torch.from_numpy(array) for array in arrays])
    assert not left, f"there are no layers {', '.join(left)}"
    return model


def _fill(module, arrays):
    match module:
        case nn.Linear():
            _copy([module.weight, module.bias], [arrays[0].T, arrays[1]])
        case nn.Conv2d():
            kernel, *bias = arrays
            targets = [module.weight] if module.bias is None else [module.weight, module.bias]
            _copy(targets, [kernel.permute(3, 2, 0, 1), *bias])
        case nn.Embedding():
            _copy([module.weight], arrays)
        case nn.LayerNorm():
            _copy([module.weight, module.bias], arrays)
        case nn.BatchNorm2d():
            _copy(
                [module.weight, module.bias, module.running_mean, module.running_var],
                arrays,
            )
        case nn.LSTM():
            # Of two biases that are added, one begins with 0.
            kernel, recurrent, bias = arrays
            _copy(module.all_weights[0], [kernel.T, recurrent.T, bias, torch.zeros_like(bias)])
        case nn.GRU():
            kernel, recurrent, bias = arrays
            _copy(
                module.all_weights[0],
                [_reset_first(a) for a in (kernel.T, recurrent.T, bias[0], bias[1])],
            )
        case nn.MultiheadAttention():
            _fill_attention(module, arrays)


def _fill_attention(module, arrays):
    size = module.embed_dim
    kernels = [array.reshape(size, size).T for array in arrays[0:6:2]]
    biases = [array.reshape(size) for array in arrays[1:6:2]]
    targets = [module.in_proj_weight, module.in_proj_bias]
    _copy(targets, [torch.cat(kernels), torch.cat(biases)])
    kernel, bias = arrays[6:]
    _copy([module.out_proj.weight, module.out_proj.bias], [kernel.reshape(size, size).T, bias])


def _reset_first(gates):
    """Return the gates (update, reset, candidate) as (reset, update, candidate)."""
    update, reset, candidate = gates.chunk(3)
    return torch.cat([reset, update, candidate])


def _copy(targets, arrays):
    for target, array in zip(targets, arrays, strict=True):
        target.copy_(array)


def channels_first_rows(weights, name, height, width):
    """Return weights for a dense layer behind pictures, whose channels stand first here."""
    kernel, bias = weights[name]
    outputs = kernel.shape[1]
    pictures = kernel.reshape(height, width, -1, outputs).transpose(2, 0, 1, 3)
    return {**weights, name: [pictures.reshape(-1, outputs), bias]}
