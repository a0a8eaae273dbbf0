"""Parts of the trees of programs."""

from __future__ import annotations

import ast
from typing import Any


def call_of(node: Any, name: str, arguments: list[Any]) -> ast.Call:
    """Return a call of a function by its name, in the place of a node."""
    function = ast.copy_location(ast.Name(name, ast.Load()), node)
    return ast.copy_location(ast.Call(function, arguments, []), node)
