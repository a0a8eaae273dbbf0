"""Writes ``running-old-programs.md``: what the stand-ins cover, as their tables tell it.

Run ``python docs/make_running_old_programs.py`` after a name is added; a test compares.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

from giulgi.compat.healing import contents
from giulgi.compat.modules import load_tables
from giulgi.compat.names import ADVICE, TABLES

PAGE = Path(__file__).with_name("running-old-programs.md")

HEAD = """\
# Running old programs

*This page is made from the code by `docs/make_running_old_programs.py`.*

Programs that were written for TensorFlow 1 or Keras 2, in 2016 to 2019, do not run on what these
names mean today. With giulgi they run as they are:

```sh
giulgi run program.py                  # a program, with its arguments behind it
giulgi run notebook.ipynb              # the cells of a notebook, without Jupyter
giulgi run -m package.module           # a module, as python -m does
giulgi run -                           # what comes by the standard input
giulgi run -c "import tensorflow as tf; print(tf.__version__)"
```

In such a program `import tensorflow as tf`, `import keras`, `from keras.layers.core import Dense`,
`from tensorflow.examples.tutorials.mnist import input_data` and the like mean giulgi's stand-ins,
whether TensorFlow is installed or not. In a notebook that is open in Jupyter, two lines before all
others do the same:

```python
import giulgi.compat

giulgi.compat.install(heal=True)
```

**TensorFlow 1 or 2.** A program that opens sessions or has placeholders builds a graph, as with
TensorFlow 1; one that uses `tf.keras` without them, tapes or `tf.function` computes at once, as
with TensorFlow 2. Its text tells. `giulgi run --tf1 program.py`, or `--tf2`, decides it otherwise.

**What you see more of.** `giulgi run --explain program.py` prints, when the program has ended, its
graph, its parameters, and what each `session.run` was compiled to; with `--profile`
it prints where the time went. A program that builds new operations in its loop is told so, once.

**Differences.** There is one processor and no GPU: `tf.device` is read and means nothing. Weights
begin with giulgi's own random numbers, so results agree in what they mean and not in their digits.
Values are read as they were before the run, except under `tf.control_dependencies`; a variable that
is fetched itself is what the run leaves in it. In TensorFlow that order was left open. The gradient
of an embedding is a whole array, in which the slopes of rows that are looked up several times are
added up: where TensorFlow clipped slice by slice, or left the momentum of other rows alone, numbers
differ a little. Without a screen `plt.show()` shows nothing and goes on. Processes of
`multiprocessing` find the stand-ins; a program that a program starts by `subprocess` or `os.system`
does not, unless it is started with `python -m giulgi run` instead of `python`.

**Data.** MNIST comes with giulgi, for all loaders of the time. Other data sets, and weights that
networks were trained to, are read where Keras keeps them, in `~/.keras`; what is not there is
downloaded from where it is published, as it was then, with `pip install 'giulgi[programs]'`.
"""

HEALED = """\
## What is healed

Python, NumPy, pandas and others have changed since. `giulgi run` brings back what they removed, for
the program that it runs alone, and says so once for each. A program in the language of Python 2 is
translated by fissix, which continues 2to3, before it runs; the file stays as it is. Division,
rounding, sorting by functions and files of bytes are as they were there; texts count as encoded and
decoded already, so `s.decode("utf-8")` is `s`. Strings that a session returns are bytes, as in
Python 3.
"""

COVERED = """\
## What is there

A module's names; what is not listed is not there. Names under which a thing was found, too, such as
`tf.compat.v1`, `tf.keras` for `keras`, or `tensorflow.python.ops`, are left out.
"""

NOT_THERE = """\
## What is not there, and what to use
"""


def page() -> str:
    """Return the page."""
    load_tables()
    parts = [HEAD, HEALED, *_healed(), COVERED, *_covered(), NOT_THERE, *_advice()]
    return "\n".join(parts).rstrip() + "\n"


def _healed() -> Iterator[str]:
    for library, names in contents().items():
        text = f"- **{library}**: {_listed(list(dict.fromkeys(names)))}"
        yield textwrap.fill(
            text, 100, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
        )
    yield ""


def _covered() -> Iterator[str]:
    for library, table in TABLES.items():
        modules: dict[str, list[str]] = {}
        for path in table:
            module, _, name = path.rpartition(".")
            if _is_public(path):
                modules.setdefault(module, []).append(name)
        total = sum(map(len, modules.values()))
        yield f"### {library}: {total} names\n"
        for module in sorted(modules):
            whole = f"{library}.{module}" if module else library
            yield f"**`{whole}`** ({len(modules[module])})\n"
            yield _paragraph(sorted(modules[module], key=lambda name: (name.lower(), name))) + "\n"


def _is_public(path: str) -> bool:
    return not path.startswith("python.") and not any(p.startswith("_") for p in path.split("."))


def _advice() -> Iterator[str]:
    for library, table in ADVICE.items():
        for path, advice in sorted(table.items()):
            yield f"- `{library}.{path}`: {advice}"
    yield ""


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _paragraph(names: list[str]) -> str:
    return textwrap.fill(_listed(names), 100, break_long_words=False, break_on_hyphens=False)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE}", file=sys.stderr)
