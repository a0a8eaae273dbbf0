"""The house itself: floors import only from floors below, and no room is too large."""

import ast
from pathlib import Path

import pytest

import giulgi

PACKAGE = Path(giulgi.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))

# The modules that users import from, thin names over the floors below.
SPACES = (
    "activations",
    "callbacks",
    "datasets",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "preprocessing",
    "random",
    "regularizers",
)

# Which floor each part of the package is on. What is lower knows nothing of what is higher.
FLOORS = {
    "errors": 0,
    "advice": 0,
    "source": 0,
    "version": 0,
    "config": 0,
    "recent": 0,
    "pace": 0,
    "memory": 0,
    "signatures": 0,
    "names": 0,
    "amounts": 0,
    "tree": 0,
    "graph": 1,
    "backends": 2,
    "storage": 3,
    "program": 3,
    "locks": 3,
    "ready": 3,
    "seed": 3,
    "feeds": 3,
    "looking": 3,
    "session": 3,
    "function": 3,
    "nn": 4,
    "training": 5,
    "data": 5,
    "formats": 5,
    "viz": 5,
    "compat": 7,
    "cli": 8,
    "__main__": 9,
    **dict.fromkeys(SPACES, 6),
    "__init__": 6,
}


def part_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def imported_at_runtime(tree: ast.Module) -> list[str]:
    """Return the modules of giulgi that a file imports, wherever, but for type checking alone."""
    hints = {
        id(node)
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and "TYPE_CHECKING" in ast.unparse(branch.test)
        for node in ast.walk(branch)
    }
    found = []
    for node in ast.walk(tree):
        if id(node) in hints:
            continue
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("giulgi"):
            found += [
                f"{node.module}.{alias.name}" if node.module == "giulgi" else node.module
                for alias in node.names
            ]
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.startswith("giulgi")]
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(PACKAGE)))
def test_a_floor_imports_only_from_floors_below(file):
    own = file.relative_to(PACKAGE).parts[0].removesuffix(".py")
    tree = ast.parse(file.read_text(encoding="utf-8"))
    above = {
        module for module in imported_at_runtime(tree) if FLOORS[part_of(module)] > FLOORS[own]
    }
    assert not above


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(PACKAGE)))
def test_no_file_or_function_is_too_long(file):
    text = file.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 410
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.FunctionDef):
            continue
        body = node.body[1:] if ast.get_docstring(node) else node.body
        if body:
            lines = (body[-1].end_lineno or 0) - body[0].lineno + 1
            assert lines <= 50, f"{node.name} has {lines} lines"


def test_the_package_brings_its_type_hints_and_data():
    assert (PACKAGE / "py.typed").exists()
    assert (PACKAGE / "data" / "files" / "LICENSES.md").exists()
