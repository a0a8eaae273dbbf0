"""What a program is told on its command line: ``tf.app.flags`` and ``tf.app.run``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, Never

from giulgi.compat.names import export, exported
from giulgi.compat.tensorflow.system.flag_values import (
    Flag,
    FlagError,
    FlagValues,
    IllegalFlagValueError,
    ValidationError,
)

_MODULES = ("app.flags", "flags")
_TRUE, _FALSE = ("true", "t", "1", "yes", "y"), ("false", "f", "0", "no", "n")


FLAGS = FlagValues()


def _as_boolean(text: str) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise ValueError("a boolean is true or false")


def _as_integer(text: str) -> int:
    return int(text, 0) if text.lower().startswith(("0x", "0o", "0b")) else int(text)


def _as_list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")] if text else []


def _in_range(parse: Callable[[str], Any], lower: Any, upper: Any) -> Callable[[str], Any]:
    """Return a parser that also looks whether a number lies between bounds."""

    def checked(text: str) -> Any:
        number = parse(text)
        if (lower is not None and number < lower) or (upper is not None and number > upper):
            raise ValueError(f"it must lie between {lower} and {upper}")
        return number

    return checked


def _definer(parse: Callable[[str], Any], **kind: bool) -> Callable[..., None]:
    """Return a function that defines flags of a kind."""

    def define(
        name: str | None = None,
        default: Any = None,
        help: str | None = None,
        flag_values: Any = None,
        required: bool = False,
        short_name: str | None = None,
        lower_bound: Any = None,
        upper_bound: Any = None,
        flag_name: str | None = None,
        default_value: Any = None,
        docstring: str | None = None,
        **_: Any,
    ) -> None:
        """Define a flag.

        Args:
            name: its name; also ``flag_name``.
            default: its value unless another is given; also ``default_value``.
            help: what it means; also ``docstring``.
            flag_values: the flags to add it to; None: those of the program.
            required: whether it must be given.
            short_name: another name, of one letter.
            lower_bound: the least number it may be.
            upper_bound: the greatest number it may be.
        """
        own = flag_name if name is None else name
        if own is None:
            raise TypeError("a flag needs a name")
        values = FLAGS if flag_values is None else flag_values
        parser = _in_range(parse, lower_bound, upper_bound)
        first = default_value if default is None else default
        values.define(Flag(own, first, help or docstring, parser, **kind), short_name)
        if required:
            mark_flag_as_required(own, values)

    return define


def define_enum(
    name: str, default: Any, enum_values: Sequence[str], help: str | None = None, **_: Any
) -> None:
    """Define a flag whose value is one of some words."""

    def parse(text: str) -> str:
        if text not in enum_values:
            raise ValueError(f"value should be one of <{'|'.join(enum_values)}>")
        return text

    FLAGS.define(Flag(name, default, help, parse))


def define_alias(name: str, original_name: str, **_: Any) -> None:
    """Give a flag another name."""
    FLAGS.define_alias(name, original_name)


def mark_flag_as_required(flag_name: str, flag_values: FlagValues = FLAGS) -> None:
    """Let a program end with an error if a flag has no value."""

    def check(values: FlagValues) -> str | None:
        missing = flag_name in values and values[flag_name].value is None
        said = f"flag --{flag_name}=None: Flag --{flag_name} must have a value other than None."
        return said if missing else None

    flag_values.add_check(check)


def mark_flags_as_required(flag_names: Sequence[str], flag_values: FlagValues = FLAGS) -> None:
    """Let a program end with an error if any of some flags has no value."""
    for name in flag_names:
        mark_flag_as_required(name, flag_values)


def register_validator(
    flag_name: str,
    checker: Callable[[Any], bool],
    message: str = "Flag validation failed",
    flag_values: FlagValues = FLAGS,
) -> None:
    """Let a program end with an error if a function says that a value is wrong."""

    def check(values: FlagValues) -> str | None:
        value = values[flag_name].value
        return None if checker(value) else f"flag --{flag_name}={value}: {message}"

    flag_values.add_check(check)


@exported("app.run")
def run(main: Callable[..., Any] | None = None, argv: Sequence[str] | None = None) -> Never:
    """Read the command line, call the program's ``main`` with what is left of it, and end.

    Args:
        main: the function; None: that of the program.
        argv: the command line; None: the program's own.
    """
    line = sys.argv if argv is None else argv
    absl: Any = sys.modules.get("absl.flags")
    try:
        if absl is not None and absl.FLAGS is not FLAGS:  # The package itself is installed.
            line = absl.FLAGS(line, known_only=True)
        left = FLAGS(line)
    except FlagError as error:
        print(f"FATAL Flags parsing error:\n  {error}", file=sys.stderr)
        raise SystemExit(1) from None
    called = sys.modules["__main__"].main if main is None else main
    sys.exit(called(left))


_DEFINERS: dict[str, Callable[..., None]] = {
    "DEFINE_string": _definer(str),
    "DEFINE_integer": _definer(_as_integer),
    "DEFINE_float": _definer(float),
    "DEFINE_boolean": _definer(_as_boolean, is_boolean=True),
    "DEFINE_list": _definer(_as_list),
    "DEFINE_spaceseplist": _definer(str.split),
    "DEFINE_multi_string": _definer(str, is_multiple=True),
    "DEFINE_multi_integer": _definer(_as_integer, is_multiple=True),
    "DEFINE_multi_float": _definer(float, is_multiple=True),
    "DEFINE_enum": define_enum,
    "DEFINE_alias": define_alias,
}
_DEFINERS["DEFINE_bool"] = _DEFINERS["DEFINE_boolean"]

for _module in _MODULES:
    for _name, _definer_of_kind in _DEFINERS.items():
        export(f"{_module}.{_name}", _definer_of_kind)
    export(f"{_module}.FLAGS", FLAGS)
    export(f"{_module}.Flag", Flag)
    export(f"{_module}.FlagValues", FlagValues)
    export(f"{_module}.Error", FlagError)
    export(f"{_module}.IllegalFlagValueError", IllegalFlagValueError)
    export(f"{_module}.ValidationError", ValidationError)
    for _function in (mark_flag_as_required, mark_flags_as_required, register_validator):
        export(f"{_module}.{_function.__name__}", _function)
