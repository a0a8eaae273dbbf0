"""Values that may be given on a command line, and how it is read."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any


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
