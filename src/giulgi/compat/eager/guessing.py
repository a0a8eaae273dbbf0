"""Guessing from its text for which TensorFlow a program is written: it does not say so itself."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from pathlib import Path

_OF_ONE = re.compile(
    r"\b(Interactive)?Session\s*\(|\bplaceholder\s*\(|\bglobal_variables_initializer\b"
    r"|\binitialize_all_variables\b|\btf\.get_variable\b|\bdisable_v2_behavior\b"
    r"|\bdisable_eager_execution\b|\btf\.layers\.|\btf\.app\b|\btf\.contrib\.(?!eager)"
    r"|\bmake_one_shot_iterator\b|\bmake_initializable_iterator\b|\benable_eager_execution\b"
    r"|\btf\.(mul|sub|neg|pack|unpack|select|scalar_summary|merge_all_summaries)\s*\("
    r"|\btensorflow\.contrib\b|\btf\.train\.\w*Optimizer\b|Session\s*\(|\bget_session\b"
    r"|\btf\.(variable_scope|gfile|logging|flags|assign\w*|log|to_float|to_int\w+|ConfigProto)\b"
    r"|\btf\.(random_normal|random_uniform|truncated_normal|set_random_seed|GraphKeys|Print)\b"
    r"|\btf\.(reset_default_graph|get_default_graph|gradients|trainable_variables)\b"
    r"|\btf\.train\.(Saver|Supervisor|batch|shuffle_batch|Coordinator|MonitoredSession)\b"
    r"|\btf\.summary\.(merge\w*|FileWriter)\b|\bK\.(gradients|get_session)\b"
    r"|\btf\.(estimator\.inputs|nn\.rnn_cell|nn\.dynamic_rnn|metrics\.\w+\(labels)"
    r"|\btensorflow\.compat\.v1\s+as\s+tf\b|\btensorflow\.examples\b"
)
_OF_TWO = re.compile(
    r"\bGradientTape\b|\btf\.function\b|\.numpy\(\)|\bapply_gradients\s*\(\s*zip"
    r"|\btf\.random\.(normal|uniform|set_seed|truncated_normal|categorical|shuffle)\b"
    r"|\bAUTOTUNE\b|tensorflow_version\s+2|__version__\s*>=\s*.2|startswith\(.2"
    r"|\bas_numpy_iterator\b|\btf\.config\.|\btf\.print\b|\btensorflow\.keras\b"
    r"|\btf\.keras\b|\btf\.data\b|\btf\.io\.|\btf\.math\.|\btf\.Module\b|\btf\.linalg\."
    r"|\benable_v2_behavior\b"
)
# What programs of both have. Those of TensorFlow 1 do nothing without a session, but for a few that
# show what a graph is.
_OF_EITHER = re.compile(
    r"\btf\.(Tensor|Variable|constant|convert_to_tensor)\b|\.assign_(add|sub)\s*\(|\btf\.\w+\("
)


# What programs of TensorFlow 1 do not have at all: a cell is read before the others are known.
_SURELY_OF_TWO = re.compile(
    r"\bGradientTape\b|\btf\.function\b|\.numpy\(\)|\bapply_gradients\s*\(\s*zip"
    r"|\btf\.random\.(normal|uniform|set_seed)\b|\bAUTOTUNE\b|tensorflow_version\s+2"
    r"|__version__\s*>=\s*.2|\bas_numpy_iterator\b|\btf\.config\.|\btf\.Module\b"
    r"|\benable_v2_behavior\b|\bimage_dataset_from_directory\b"
)


# What no program has that computes at once, whatever else it calls.
_SESSIONS = re.compile(
    r"Session\s*\(|\bplaceholder\s*\(|\bglobal_variables_initializer\b"
    r"|\bdisable_v2_behavior\b|\bdisable_eager_execution\b|\benable_eager_execution\b"
)
# The Keras that is no part of TensorFlow was one of graphs.
_KERAS = re.compile(r"^\s*(import|from)\s+keras\b", re.MULTILINE)


# How Keras reports the accuracy: as "acc" until 2.2, and as "accuracy" since.
_ACC = re.compile(r"""['"]val_acc['"]|[\w)\]]\[\s*['"]acc['"]\s*\]|\.val_acc\b""")
_ACCURACY = re.compile(
    r"""['"]val_accuracy['"]|[\w)\]]\[\s*['"]accuracy['"]\s*\]|\.val_accuracy\b"""
)


def name_of_accuracy(text: str, folder: Path | None = None) -> str:
    """Return by which name a program looks for the accuracy in what Keras reports.

    Args:
        text: the program, or the code of a notebook.
        folder: where modules of its own lie, which are asked, too.
    """
    texts = [text, *_own_modules(text, folder)]
    is_new = any(_ACCURACY.search(part) for part in texts)
    return "acc" if not is_new and any(_ACC.search(part) for part in texts) else "accuracy"


def guessed_of_cell(text: str) -> bool | None:
    """Return whether a cell of a notebook is of TensorFlow 2; None if that may be or not."""
    if _OF_ONE.search(text):
        return False
    return True if _SURELY_OF_TWO.search(text) else None


def guessed(text: str, folder: Path | None = None) -> bool | None:
    """Return whether a program is one of TensorFlow 2; None if nothing tells.

    Args:
        text: the program, or the code of a notebook.
        folder: where modules of its own lie, which are asked, too.
    """
    texts = [text, *_own_modules(text, folder)]
    if any(_SURELY_OF_TWO.search(part) for part in texts) and not any(
        _SESSIONS.search(part) for part in texts
    ):
        return True
    if any(_OF_ONE.search(part) or _KERAS.search(part) for part in texts):
        return False
    signs = (_OF_TWO, _OF_EITHER)
    return True if any(sign.search(part) for sign in signs for part in texts) else None


def is_open(text: str, folder: Path | None = None) -> bool:
    """Whether a program that is taken for one of TensorFlow 2 may well be one of TensorFlow 1."""
    return not any(
        sign.search(part)
        for sign in (_OF_TWO, _SURELY_OF_TWO)
        for part in [text, *_own_modules(text, folder)]
    )


@lru_cache(maxsize=1)  # Several things are guessed of one program.
def _own_modules(text: str, folder: Path | None) -> tuple[str, ...]:
    """Return the texts of the program's own modules, and of those that they import."""
    if folder is None:
        return ()
    found: dict[Path, str] = {}
    waiting = [text]
    while waiting:
        for name in _imported(waiting.pop()):
            base = folder.joinpath(*name.split("."))
            for path in (base.with_suffix(".py"), base / "__init__.py"):
                if path not in found and path.is_file():
                    found[path] = path.read_text(encoding="utf-8", errors="replace")
                    waiting.append(found[path])
    return tuple(found.values())


def _imported(text: str) -> list[str]:
    """Return the names of all modules that a text imports."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return re.findall(r"^\s*(?:from|import)\s+([\w.]+)", text, re.MULTILINE)
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.append(node.module)
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names
