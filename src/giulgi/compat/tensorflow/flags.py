"""What a program is told on its command line: ``tf.app.flags`` and ``tf.app.run``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Never

from giulgi.compat.names import export, exported

_MODULES = ("app.flags", "flags")
_TRUE, _FALSE = ("true", "t", "1", "yes", "y"), ("false", "f", "0", "no", "n")


class FlagError(Exception):
    """Base of the errors of flags."""


class IllegalFlagValueError(FlagError):
    """A value that a flag cannot have."""


class ValidationError(FlagError):
    """Values that a program says are wrong."""


class Flag:
    """A value that may be given on the command line.

    Attributes:
        name: its name.
        default: its value unless another is given.
        value: its value.
        help: what it means.
        present: how often it was given.
    """

    def __init__(
        self,
        name: str,
        default: Any,
        help: str | None,
        parse: Callable[[str], Any],
        is_boolean: bool = False,
        is_multiple: bool = False,
    ) -> None:
        self.name, self.help, self.parse = name, help, parse
        self.is_boolean, self.is_multiple = is_boolean, is_multiple
        is_text = isinstance(default, str)
        if is_text:
            default = [parse(default)] if is_multiple else parse(default)
        self.default = self.value = default
        self.present = 0

    @property
    def boolean(self) -> bool:
        """Whether it is true or false, and may be given without a value."""
        return self.is_boolean

    def take(self, text: str) -> None:
        """Take a value from the command line."""
        try:
            value = self.parse(text)
        except ValueError as error:
            raise IllegalFlagValueError(f"flag --{self.name}={text}: {error}") from None
        if self.is_multiple:
            value = [*(self.value if self.present else []), value]
        self.value = value
        self.present += 1

    # A program that prints a flag wants to see its value.

    def __repr__(self) -> str:
        return repr(self.value)

    def __str__(self) -> str:
        return str(self.value)

    def __format__(self, spec: str) -> str:
        return format(self.value, spec)


class FlagValues:
    """The values of all flags, as attributes; the command line is read at the first look."""

    def __init__(self) -> None:
        self.__dict__.update(_found={}, _aliases={}, _checks=[], _is_parsed=False)

    # Definitions

    def define(self, flag: Flag, short_name: str | None = None) -> None:
        """Add a flag, in place of one of its name."""
        self.__dict__["_found"][flag.name] = flag
        if short_name:
            self.__dict__["_aliases"][short_name] = flag.name
        self.__dict__["_is_parsed"] = False

    def define_alias(self, name: str, original: str) -> None:
        """Give a flag another name."""
        self.__dict__["_aliases"][name] = original

    def add_check(self, check: Callable[[FlagValues], str | None]) -> None:
        """Add a function that says what is wrong with the values, or returns None."""
        self.__dict__["_checks"].append(check)

    # The command line

    def __call__(self, argv: Sequence[str], known_only: bool = True) -> list[str]:
        """Read a command line; return what is left of it, with the program's name first.

        Args:
            argv: the program's name, and what follows.
            known_only: has no meaning: flags that nobody defined are left where they are.
        """
        del known_only
        self.__dict__["_is_parsed"] = True
        for flag in self._flags().values():
            flag.present = 0
        rest = _read(self, list(argv[1:]))
        for check in self.__dict__["_checks"]:
            wrong = check(self)
            if wrong:
                raise IllegalFlagValueError(wrong)
        return [*argv[:1], *rest]

    def is_parsed(self) -> bool:
        """Whether the command line was read."""
        return bool(self.__dict__["_is_parsed"])

    def mark_as_parsed(self) -> None:
        """Leave the command line unread."""
        self.__dict__["_is_parsed"] = True

    def unparse_flags(self) -> None:
        """Read the command line anew at the next look."""
        self.__dict__["_is_parsed"] = False

    def _parse_flags(self, args: Sequence[str] | None = None) -> None:
        self([sys.argv[0], *(sys.argv[1:] if args is None else args)])

    def _require_parsed(self) -> None:
        if not self.is_parsed():
            self(sys.argv)

    # Values

    def __getattr__(self, name: str) -> Any:
        if name == "__flags":
            self._require_parsed()
            return self._flags()
        if name not in self:
            raise AttributeError(f"Unknown command line flag {name!r}")
        self._require_parsed()
        return self[name].value

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self:
            self.define(Flag(name, None, None, str))
        self._require_parsed()
        self[name].value = value

    def __delattr__(self, name: str) -> None:
        self._flags().pop(name, None)

    def __getitem__(self, name: str) -> Flag:
        flag: Flag = self._flags()[self.__dict__["_aliases"].get(name, name)]
        return flag

    def __contains__(self, name: object) -> bool:
        return self.__dict__["_aliases"].get(name, name) in self.__dict__["_found"]

    def __iter__(self) -> Iterator[str]:
        return iter(self._flags())

    def __len__(self) -> int:
        return len(self._flags())

    def __dir__(self) -> list[str]:
        return sorted(self._flags())

    def _flags(self) -> dict[str, Flag]:
        found: dict[str, Flag] = self.__dict__["_found"]
        return found

    def flag_values_dict(self) -> dict[str, Any]:
        """Return the values by name."""
        self._require_parsed()
        return {name: flag.value for name, flag in self._flags().items()}

    def get_flag_value(self, name: str, default: Any) -> Any:
        """Return the value of a flag; if it is None, or there is no such flag, the default."""
        value = getattr(self, name, None)
        return default if value is None else value

    def set_default(self, name: str, value: Any) -> None:
        """Give a flag another default."""
        flag = self[name]
        flag.default = value
        if not flag.present:
            flag.value = value

    def flags_into_string(self) -> str:
        """Return the command line that gives all flags their values."""
        return "".join(f"--{name}={value}\n" for name, value in self.flag_values_dict().items())

    def get_help(self) -> str:
        """Return what all flags mean."""
        lines = []
        for name, flag in sorted(self._flags().items()):
            said = f"--[no]{name}" if flag.is_boolean else f"--{name}"
            lines.append(f"  {said}: {flag.help or ''}\n    (default: {flag.default!r})\n")
        return "".join(lines)

    main_module_help = get_help


def _read(flags: FlagValues, given: list[str]) -> list[str]:
    """Give flags the values of a command line; return what is left of it."""
    rest: list[str] = []
    while given:
        argument = given.pop(0)
        if argument == "--":
            return rest + given
        name, has_value, text = argument.lstrip("-").partition("=")
        if not argument.startswith("-") or not name:
            rest.append(argument)
        elif name in ("help", "h", "helpfull", "helpshort") and name not in flags:
            print(f"\nUSAGE: {sys.argv[0]} [flags]\nflags:\n\n{flags.get_help()}")
            raise SystemExit(1)
        elif name in flags:
            _give(flags[name], text if has_value else None, given)
        elif name.startswith("no") and name[2:] in flags and flags[name[2:]].is_boolean:
            flags[name[2:]].take("false")
        else:
            rest.append(argument)
    return rest


def _give(flag: Flag, text: str | None, following: list[str]) -> None:
    """Give a flag a value: its own, or what follows on the command line."""
    if text is None and flag.is_boolean:
        is_said = following and following[0].lower() in ("true", "false")
        text = following.pop(0) if is_said else "true"
    elif text is None:
        if not following:
            raise FlagError(f"Missing value for flag --{flag.name}")
        text = following.pop(0)
    flag.take(text)


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
    try:
        left = FLAGS(sys.argv if argv is None else argv)
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
