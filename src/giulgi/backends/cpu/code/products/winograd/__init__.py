"""Convolutions with kernels of 3x3 taps, in fewer multiplications than their definition takes.

``transforms`` tells the method and its matrices, ``patches`` what is read and made ready, and
``filtering`` and ``kernel_gradient`` are the two ways in which a product is done by it.
"""

from __future__ import annotations

from giulgi.backends.cpu.code.products.product import Plan, Product
from giulgi.backends.cpu.code.products.winograd.filtering import filtering
from giulgi.backends.cpu.code.products.winograd.kernel_gradient import kernel_gradient
from giulgi.backends.cpu.machine.processor import Machine

__all__ = ["winograd"]


def winograd(product: Product, machine: Machine) -> Plan | None:
    """Plan the product of a convolution, or of its kernel's gradient, if the method suits it."""
    return filtering(product, machine) or kernel_gradient(product, machine)
