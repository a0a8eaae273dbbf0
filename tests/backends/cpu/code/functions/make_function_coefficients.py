"""Make the polynomials of ``backends.cpu.code.functions``, and the numbers they are tested by.

    python tests/backends/cpu/code/functions/make_function_coefficients.py

needs mpmath, and writes ``coefficients.py``, which ruff has to format, and
``test_functions_golden.npz``.

Each polynomial is a weighted least-squares fit in the Chebyshev points of its interval, which
comes within a small factor of the best polynomial in the largest error (L. N. Trefethen,
Approximation Theory and Approximation Practice, SIAM 2013, chapters 10 and 16). The weight turns
the error into one relative to the function that is computed in the end.

A coefficient has to be a number of the machine, and rounding it does more harm the lower its
power. So they are rounded one after another from the lowest power, and each time the rest is fitted
anew to what is left (after N. Brisebarre, J.-M. Muller, A. Tisserand: Computing machine-efficient
polynomial approximations, ACM TOMS 32, 2006).
"""

from __future__ import annotations

import math
import random
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from mpmath import mp, mpf

mp.dps = 60

REPOSITORY = Path(__file__).parents[5]
TARGET = REPOSITORY / "src/giulgi/backends/cpu/code/functions/coefficients.py"
GOLDEN = Path(__file__).with_name("test_functions_golden.npz")

Real = Callable[[mpf], mpf]


@dataclass
class Wanted:
    """A polynomial that is to be found.

    Attributes:
        name: the name of its coefficients.
        says: what it approximates.
        function: what it approximates.
        weight: what its error is multiplied by.
        low: where its interval begins.
        high: where it ends.
        sets: for each set of coefficients its degree, and the bits of a coefficient. A "middle"
            set is for what is computed in doubles to be rounded to a float.
    """

    name: str
    says: str
    function: Real
    weight: Real
    low: mpf
    high: mpf
    sets: dict[str, tuple[int, int]]


def single(number: mpf) -> mpf:
    return mpf(struct.unpack("<f", struct.pack("<f", float(number)))[0])


def fit(wanted: Wanted, degree: int, bits: int) -> tuple[list[mpf], float]:
    """Return the coefficients from the lowest power, and log2 of the largest error."""
    count = 6 * degree + 20
    middle, half = (wanted.low + wanted.high) / 2, (wanted.high - wanted.low) / 2
    points = [middle + half * mp.cos(mp.pi * (k + mpf(1) / 2) / count) for k in range(count)]
    points = [x for x in points if abs(x) > mpf(10) ** -9]
    weights = [wanted.weight(x) for x in points]
    values = [wanted.function(x) for x in points]
    rest, found = list(values), []
    for power in range(degree + 1):
        columns = range(power, degree + 1)
        # In x / scale the columns are of one size.
        scale = max(abs(wanted.low), abs(wanted.high))
        pairs = list(zip(points, weights, strict=True))
        matrix = mp.matrix([[w * (x / scale) ** k for k in columns] for x, w in pairs])
        right = mp.matrix([w * y for y, w in zip(rest, weights, strict=True)])
        solved = mp.qr_solve(matrix, right)[0]
        coefficient = solved[0] / scale**power
        rounded = single(coefficient) if bits == 32 else mpf(float(coefficient))
        found.append(rounded)
        rest = [y - rounded * x**power for x, y in zip(points, rest, strict=True)]
    worst = max(abs(w * y) for w, y in zip(weights, rest, strict=True))
    return found, float(mp.log(worst, 2))


def root(z: mpf) -> mpf:
    return mp.sqrt(z)


def erfc_log(x: mpf) -> mpf:
    return mp.log(mp.erfc(x))


QUARTER = (mp.pi / 4) ** 2 * mpf("1.001")
LN2_HALF = mp.log(2) / 2 * mpf("1.001")

WANTED = [
    Wanted(
        "EXPM1",
        "(exp(r) - 1 - r) / r² for |r| <= log(2) / 2",
        lambda r: (mp.expm1(r) - r) / r**2,
        lambda r: r**2 / mp.expm1(r),
        -LN2_HALF,
        LN2_HALF,
        {"float": (4, 32), "double": (10, 64), "middle": (6, 64)},
    ),
    Wanted(
        "LOG1P",
        "(log(1 + f) - f + f² / 2) / f³ for sqrt(1/2) <= 1 + f <= sqrt(2)",
        lambda x: (mp.log1p(x) - x + x**2 / 2) / x**3,
        lambda x: x**3 / mp.log1p(x),
        mp.sqrt(mpf(1) / 2) - 1,
        mp.sqrt(2) - 1,
        {"float": (7, 32), "double": (19, 64)},
    ),
    Wanted(
        "ATANH",
        "(atanh(s) / s - 1 - z / 3) / z² for z = s², 0 <= s <= (sqrt(2) - 1) / (sqrt(2) + 1)",
        lambda z: (mp.atanh(root(z)) / root(z) - 1 - z / 3) / z**2,
        lambda z: z**2,
        mpf(0),
        mpf("0.02945"),
        {"double": (7, 64), "middle": (3, 64)},
    ),
    Wanted(
        "SIN",
        "(sin(r) / r - 1) / z for z = r², |r| <= π / 4",
        lambda z: (mp.sin(root(z)) / root(z) - 1) / z,
        lambda z: z,
        mpf(0),
        QUARTER,
        {"float": (3, 32), "double": (5, 64)},
    ),
    Wanted(
        "COS",
        "(cos(r) - 1 + z / 2) / z² for z = r², |r| <= π / 4",
        lambda z: (mp.cos(root(z)) - 1 + z / 2) / z**2,
        lambda z: z**2,
        mpf(0),
        QUARTER,
        {"float": (2, 32), "double": (5, 64)},
    ),
    Wanted(
        "TAN",
        "(tan(r) / r - 1) / z for z = r², |r| <= π / 4",
        lambda z: (mp.tan(root(z)) / root(z) - 1) / z,
        lambda z: z,
        mpf(0),
        QUARTER,
        {"float": (6, 32), "double": (14, 64)},
    ),
    Wanted(
        "ASIN",
        "(asin(s) / s - 1) / z for z = s², 0 <= s <= 1 / 2",
        lambda z: (mp.asin(root(z)) / root(z) - 1) / z,
        lambda z: z,
        mpf(0),
        mpf("0.2501"),
        {"float": (4, 32), "double": (12, 64)},
    ),
    Wanted(
        "ATAN",
        "(atan(u) / u - 1) / z for z = u², 0 <= u <= 1",
        lambda z: (mp.atan(root(z)) / root(z) - 1) / z,
        lambda z: z * root(z) / mp.atan(root(z)),
        mpf(0),
        mpf(1),
        {"float": (8, 32), "double": (19, 64)},
    ),
    Wanted(
        "TANH",
        "(tanh(x) / x - 1) / z for z = x², |x| <= 0.55",
        lambda z: (mp.tanh(root(z)) / root(z) - 1) / z,
        lambda z: z * root(z) / mp.tanh(root(z)),
        mpf(0),
        mpf("0.3026"),
        {"float": (4, 32), "double": (10, 64)},
    ),
    Wanted(
        "ERF",
        "erf(x) / x - 1 for z = x², 0 <= x <= 1",
        lambda z: mp.erf(root(z)) / root(z) - 1,
        lambda z: root(z) / mp.erf(root(z)),
        mpf(0),
        mpf(1),
        {"float": (6, 32), "double": (12, 64)},
    ),
    Wanted(
        "LOG_ERFC",
        "log(1 - erf(1 + t)) for 0 <= t <= 5 (of float: 3)",
        lambda t: erfc_log(t + 1),
        lambda t: mp.erfc(t + 1),
        mpf(0),
        mpf(5),
        {"double": (18, 64)},
    ),
    Wanted(
        "LOG_ERFC",
        "",
        lambda t: erfc_log(t + 1),
        lambda t: mp.erfc(t + 1),
        mpf(0),
        mpf(3),
        {"float": (6, 32)},
    ),
]


def pieces(number: mpf, *bits: int) -> list[mpf]:
    """Split a number in a sum of numbers of so many bits."""
    parts = []
    for count in bits:
        unit = mpf(2) ** (mp.floor(mp.log(abs(number), 2)) - count + 1)
        part = mp.nint(number / unit) * unit
        parts.append(part)
        number -= part
    return parts


CONSTANTS = {
    "LN2": ("log(2): times an exponent the first part is exact", mp.log(2), (15, 24), (41, 53)),
    "PI": ("π, to twice the precision", mp.pi, (24, 24), (53, 53)),
    "HALF_PI": (
        "π / 2: times 20 bits the first parts are exact",
        mp.pi / 2,
        (33, 53),
        (33, 33, 53),
    ),
    "HALF_PI_PAIR": ("π / 2, to twice the precision", mp.pi / 2, None, (53, 53)),
    "TWO_OVER_LN2": ("2 / log(2), to twice the precision", 2 / mp.log(2), None, (53, 53)),
    "THIRD": ("1 / 3, to twice the precision", mpf(1) / 3, None, (53, 53)),
}


def written(numbers: list[mpf], bits: int) -> str:
    texts = [shortest(x) if bits == 32 else repr(float(x)) for x in numbers]
    # Without a comma at the end the formatter puts on one line what fits.
    return ",\n".join(texts) + "\n"


def shortest(number: mpf) -> str:
    """Return the shortest decimal that is rounded to the same float."""
    for digits in range(1, 18):
        text = repr(float(f"{float(number):.{digits}g}"))
        if single(mpf(float(text))) == number:
            return text
    raise AssertionError(number)


def constants_text() -> str:
    parts = []
    for name, (says, number, singles, doubles) in CONSTANTS.items():
        text = f"# {says}.\n{name} = {{\n"
        if singles is not None:
            bits = 32 if name != "HALF_PI" else 64
            text += f'    "float": (\n{written(pieces(number, *singles), bits)}    ),\n'
        text += f'    "double": (\n{written(pieces(number, *doubles), 64)}    ),\n}}\n'
        parts.append(text)
    mp.prec = 2000
    whole = int(mp.floor(2 / mp.pi * mpf(2) ** (64 * 21)))
    mp.dps = 60
    words = [(whole >> (64 * (20 - k))) & (2**64 - 1) for k in range(21)]
    said = "".join(f"    0x{word:016X},\n" for word in [0, *words])
    parts.append(
        "# A word of zeros, then the binary digits of 2 / π behind the point.\n"
        f"TWO_OVER_PI_WORDS = (\n{said})\n"
    )
    return "\n".join(parts)


HEAD = '''"""The numbers of the elementwise functions.

Made by ``make_function_coefficients.py`` beside their tests, which tells how; not edited by hand.
Coefficients go from the lowest power to the highest. A "middle" set is for what is computed in
doubles to be rounded to a float.
"""

'''


EXACT: dict[str, tuple[Callable[..., mpf], float, float]] = {
    "exp": (mp.exp, -745.0, 709.0),
    "expm1": (mp.expm1, -40.0, 709.0),
    "log": (mp.log, 0.3, 3.0),
    "log1p": (mp.log1p, -0.99, 2.0),
    "sin": (mp.sin, -30.0, 30.0),
    "cos": (mp.cos, -30.0, 30.0),
    "tan": (mp.tan, -30.0, 30.0),
    "asin": (mp.asin, -1.0, 1.0),
    "acos": (mp.acos, -1.0, 1.0),
    "atan": (mp.atan, -3.0, 3.0),
    "tanh": (mp.tanh, -20.0, 20.0),
    "sigmoid": (lambda x: 1 / (1 + mp.exp(-x)), -740.0, 40.0),
    "erf": (mp.erf, -6.0, 6.0),
    "atan2": (mp.atan2, -3.0, 3.0),
    "power": (mp.power, 0.0, 0.0),
}
# The double nearest to a multiple of π / 2, and common angles.
ANGLES = [6381956970095103.0 * 2.0**797, math.pi, math.pi / 2, 1.5 * math.pi, 2.0**20 + 0.5, 1e22]


def sampled(name: str, low: float, high: float, random_: random.Random) -> list[float]:
    """Return an argument list: of any exponent, where the function bends, or near 0."""
    count = 2 if name in ("atan2", "power") else 1
    if name == "power":
        base = random_.choice([random_.uniform(0.5, 2.0), math.exp(random_.uniform(-700, 700))])
        return [base, random_.uniform(-744, 709) / math.log(base)]
    how = random_.random()
    if how < 0.3:
        return [
            random_.choice((-1, 1))
            * math.ldexp(random_.uniform(1, 2), random_.randint(-1074, 1022))
            for _ in range(count)
        ]
    if how < 0.6:
        low, high = max(low, -1.5), min(high, 1.5)
    return [random_.uniform(low, high) for _ in range(count)]


def golden() -> dict[str, np.ndarray]:
    """Return for each function rows of arguments, the rounded value, and the rest in ulps."""
    random_ = random.Random(1)
    made = {}
    for name, (function, low, high) in EXACT.items():
        rows = []
        first = [[x] for x in ANGLES] if name in ("sin", "cos", "tan") else []
        while len(rows) < 400:
            arguments = first.pop() if first else sampled(name, low, high, random_)
            # The digits that cancel in a huge angle, or in 1 + a tiny one, are many.
            with mp.workprec(2400):
                exact = function(*map(mpf, arguments)) if name != "erf" else None
            exact = mp.erf(mpf(arguments[0])) if exact is None else exact
            if mp.im(exact) != 0 or not 0 < abs(exact) < mpf(2) ** 1023:
                continue
            rounded = float(exact)
            rest = (exact - mpf(rounded)) / mpf(math.ulp(rounded))
            rows.append([*arguments, rounded, float(rest)])
        made[name] = np.array(rows)
        print(name, flush=True)
    return made


def main() -> None:
    sets: dict[str, str] = {}
    for wanted in WANTED:
        for which, (degree, bits) in wanted.sets.items():
            found, error = fit(wanted, degree, bits)
            print(wanted.name, which, degree, f"2^{error:.1f}", flush=True)
            text = sets.setdefault(wanted.name, f"# {wanted.says}.\n{wanted.name} = {{\n")
            text += f"    # The error is at most 2**{error:.1f}.\n"
            sets[wanted.name] = text + f'    "{which}": (\n{written(found, bits)}    ),\n'
    polynomials = "\n".join(text + "}\n" for text in sets.values())
    TARGET.write_text(HEAD + constants_text() + "\n" + polynomials)
    np.savez_compressed(GOLDEN, **golden())


if __name__ == "__main__":
    main()
