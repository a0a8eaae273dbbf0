"""The examples in docstrings are executed: every block after ``::`` that uses giulgi."""

import ast
import re
import textwrap
from pathlib import Path

import numpy as np
import pytest

import giulgi as gg

PACKAGE = Path(gg.__file__).parent


def examples():
    """Yield each example of the package with the place of its docstring."""
    for file in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                continue
            text = ast.get_docstring(node) or ""
            for block in re.findall(r"::\n\n((?: +.*\n?|\n)+)", text):
                if "gg." not in block:
                    continue
                name = f"{file.relative_to(PACKAGE)}:{getattr(node, 'name', 'module')}"
                yield pytest.param(textwrap.dedent(block), id=name)


@pytest.mark.parametrize("source", list(examples()))
def test_example(source):
    """A line that ends in ``# value`` has that value, as it prints."""
    names = {"gg": gg, "np": np}
    tree = ast.parse(source)
    lines = source.splitlines()
    for statement in tree.body:
        code = compile(ast.Module([statement], []), "example", "exec")
        told = re.search(r"#\s+(.+)$", lines[statement.end_lineno - 1])
        if isinstance(statement, ast.Expr) and told:
            value = eval(compile(ast.Expression(statement.value), "example", "eval"), names)
            assert str(value) == told.group(1)
        else:
            exec(code, names)
