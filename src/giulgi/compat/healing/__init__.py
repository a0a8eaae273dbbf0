"""The years between: what Python and its libraries have removed since 2016, for one program.

``giulgi run`` installs it for the program that it runs, and ``giulgi.compat.install(heal=True)`` in
a notebook; giulgi itself never needs it. A library is healed once the program imports it.
What is healed is said once, in one line.

==========  =====================================================================
hooks       when something is healed: as soon as the program imports the library
telling     what is said of it
source      what can be healed only in the text of the program
promotion   of that, what numbers beside arrays of NumPy become
children    processes that a program starts
python_2    names of Python 2, for lines of the program alone; python_2_text, its language, and
            python_2_numbers, what its numbers do, and python_2_files, its files and texts
others      a library, or Python itself: the names, arguments and manners of former times
==========  =====================================================================
"""

from importlib import import_module

from giulgi.compat.healing import hooks

# The files of this folder, each of a library.
LIBRARIES = (
    "absl", "children", "downloads", "matplotlib", "numpy_manners", "numpy_names", "others",
    "pandas_reading", "pandas_tables", "promotion", "protobuf", "python", "python_2",
    "python_2_text", "scipy", "sklearn",
)  # fmt: skip


def install() -> None:
    """Heal what the program imports, from now on."""
    for name in LIBRARIES:
        import_module(f"{__name__}.{name}")
    hooks.install()
    import_module(f"{__name__}.source").heal_cells()


def contents() -> dict[str, list[str]]:
    """Return what is healed, by library."""
    found: dict[str, list[str]] = {}
    for name in LIBRARIES:
        library, names = import_module(f"{__name__}.{name}").HEALED
        found.setdefault(library, []).extend(names)
    return found
