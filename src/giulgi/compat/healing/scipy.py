"""Names that SciPy and Pillow have removed."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from giulgi.compat.healing.hooks import (
    called_by_program,
    fill,
    heals,
    lazily,
    makes,
    moved,
    replace,
)
from giulgi.compat.healing.telling import tell

_WINDOWS = (
    "hann", "hamming", "blackman", "boxcar", "triang", "gaussian", "bartlett", "kaiser", "nuttall",
    "parzen", "bohman", "blackmanharris", "flattop", "barthann", "cosine", "tukey",
)  # fmt: skip
_FILTERS = {"nearest": 0, "lanczos": 1, "bilinear": 2, "bicubic": 3, "cubic": 3}


@heals("scipy")
def _whole(module: Any) -> None:
    before = module.__dict__.get("__getattr__")

    def found(name: str) -> Any:
        try:
            if before is None:
                raise AttributeError(name)
            return before(name)
        except AttributeError:
            if name == "misc":
                return importlib.import_module("scipy.misc")
            if name.startswith("__") or not hasattr(np, name) or not called_by_program():
                raise
            tell("What SciPy had of NumPy's, such as scipy.array, is NumPy's: np.array.")
            return getattr(np, name)

    module.__dict__["__getattr__"] = found
    fill(module, {"rand": np.random.rand, "randn": np.random.randn})


@heals("scipy.integrate")
def _integrate(module: Any) -> None:
    for old, new in (
        ("simps", "simpson"), ("trapz", "trapezoid"), ("cumtrapz", "cumulative_trapezoid"),
    ):  # fmt: skip
        if not hasattr(module, old):
            fill(module, {old: getattr(module, new)})


@heals("scipy.ndimage")
def _ndimage(module: Any) -> None:
    fill(module, {"imread": imread})


@heals("scipy.linalg")
def _linalg(module: Any) -> None:
    fill(module, {"pinv2": module.pinv})


@heals("scipy.signal")
def _signal(module: Any) -> None:
    lazily(
        module,
        {
            name: (
                moved("scipy.signal.windows", name),
                f"scipy.signal.{name} is scipy.signal.windows.{name} today.",
            )
            for name in _WINDOWS
        },
    )
    for name in ("lfilter", "convolve", "correlate"):
        replace(module, name, _of_objects)


def _of_objects(own: Callable[..., Any]) -> Callable[..., Any]:
    """Let a filter take columns of a table of objects, such as what an agent remembers."""

    def plain(x: Any) -> Any:
        return x.astype(float) if isinstance(x, np.ndarray) and x.dtype == object else x

    @functools.wraps(own)
    def filtered(*args: Any, **options: Any) -> Any:
        return own(*map(plain, args), **{name: plain(x) for name, x in options.items()})

    return filtered


@heals("scipy.stats")
def _stats(module: Any) -> None:
    def itemfreq(a: Any) -> Any:
        values, counts = np.unique(a, return_counts=True)
        return np.array([values, counts]).T

    def binom_test(x: Any, n: Any = None, p: float = 0.5, alternative: str = "two-sided") -> Any:
        return module.binomtest(x, n, p, alternative).pvalue

    fill(module, {"itemfreq": itemfreq, "binom_test": binom_test})


# Pictures: scipy.misc


@heals("scipy.misc")
@makes("scipy.misc", "scipy.misc.pilutil")
def _misc(module: Any) -> None:
    found = {
        "imread": imread,
        "imsave": imsave,
        "imresize": imresize,
        "imrotate": imrotate,
        "toimage": toimage,
        "fromimage": fromimage,
        "bytescale": bytescale,
        "imshow": lambda arr: None,
        "face": face,
        "ascent": lambda: face(gray=True),
    }
    for name in ("comb", "factorial", "factorial2", "logsumexp"):
        found[name] = getattr(importlib.import_module("scipy.special"), name)
    made = {
        name: (_giver(thing), f"scipy.misc.{name} is gone from SciPy.")
        for name, thing in found.items()
    }
    lazily(module, made)


def _giver(thing: Any) -> Callable[[], Any]:
    return lambda: thing


def _pillow() -> Any:
    return importlib.import_module("PIL.Image")


def imread(name: Any, flatten: bool = False, mode: str | None = None) -> Any:
    """Return a picture as an array."""
    return fromimage(_pillow().open(name), flatten, mode)


def fromimage(im: Any, flatten: bool = False, mode: str | None = None) -> Any:
    """Return one of Pillow's pictures as an array."""
    if mode is not None and mode != im.mode:
        im = im.convert(mode)
    elif im.mode == "P":
        im = im.convert("RGBA" if "transparency" in im.info else "RGB")
    if flatten:
        im = im.convert("F")
    elif im.mode == "1":
        im = im.convert("L")
    return np.array(im)


def bytescale(data: Any, cmin: Any = None, cmax: Any = None, high: int = 255, low: int = 0) -> Any:
    """Return an array as bytes: its least value as ``low``, its greatest as ``high``."""
    array = np.asarray(data)
    if array.dtype == np.uint8:
        return array
    least = array.min() if cmin is None else cmin
    span = (array.max() if cmax is None else cmax) - least
    scaled = (array - least) * ((high - low) / (span or 1)) + low
    return (scaled.clip(low, high) + 0.5).astype(np.uint8)


def toimage(
    arr: Any, high: int = 255, low: int = 0, cmin: Any = None, cmax: Any = None, **k: Any
) -> Any:
    """Return an array as one of Pillow's pictures, its values spread from black to white."""
    mode = k.get("mode")
    array = np.squeeze(np.asarray(arr))
    if mode == "F":
        return _pillow().fromarray(array.astype(np.float32))
    if array.ndim == 3 and array.shape[0] in (3, 4) and array.shape[-1] not in (3, 4):
        array = np.moveaxis(array, 0, -1)
    return _pillow().fromarray(bytescale(array, cmin, cmax, high, low))


def imsave(name: Any, arr: Any, format: str | None = None) -> None:
    """Write an array as a picture, its values spread from black to white."""
    toimage(arr).save(name, format)


def imresize(arr: Any, size: Any, interp: str = "bilinear", mode: str | None = None) -> Any:
    """Return a picture in another size: a part of 100, a factor, or (height, width)."""
    image = toimage(arr, mode=mode)
    if isinstance(size, (int, np.integer)):
        wanted = tuple(int(n * size / 100) for n in image.size)
    elif isinstance(size, (float, np.floating)):
        wanted = tuple(int(n * size) for n in image.size)
    else:
        wanted = (int(size[1]), int(size[0]))
    return fromimage(image.resize(wanted, resample=_FILTERS[interp]))


def imrotate(arr: Any, angle: float, interp: str = "bilinear") -> Any:
    """Return a picture turned by an angle in degrees."""
    return fromimage(toimage(arr).rotate(angle, resample=_FILTERS[interp]))


def face(gray: bool = False) -> Any:
    """Return a picture to try things with, in the size of the raccoon's that SciPy had."""
    tell("scipy.misc.face is gone from SciPy; a pattern of the same size is in its place.")
    rows, columns = np.mgrid[0:768, 0:1024]
    bands = np.stack([rows % 256, columns % 256, (rows + columns) % 256], -1)
    picture = bands.astype(np.uint8)
    return picture.mean(-1).astype(np.uint8) if gray else picture


# Pillow


@heals("PIL.Image")
def _image(module: Any) -> None:
    fill(
        module,
        {
            "ANTIALIAS": module.Resampling.LANCZOS,
            "LINEAR": module.Resampling.BILINEAR,
            "CUBIC": module.Resampling.BICUBIC,
            "VERSION": "1.1.7",
        },
    )
    if not hasattr(module.Image, "tostring"):
        module.Image.tostring = module.Image.tobytes
    fill(module, {"fromstring": module.frombytes})


@heals("PIL.ImageFont")
def _fonts(module: Any) -> None:
    def getsize(self: Any, text: str, *_: Any, **__: Any) -> tuple[int, int]:
        _, _, right, bottom = self.getbbox(text)
        return int(right), int(bottom)

    for kind in (module.ImageFont, module.FreeTypeFont):
        if not hasattr(kind, "getsize"):
            kind.getsize = getsize


@heals("PIL.ImageDraw")
def _drawing(module: Any) -> None:
    def textsize(self: Any, text: str, font: Any = None, *_: Any, **__: Any) -> tuple[int, int]:
        left, top, right, bottom = self.textbbox((0, 0), text, font=font)
        return int(right - left), int(bottom - top)

    if not hasattr(module.ImageDraw, "textsize"):
        module.ImageDraw.textsize = textsize


# SciPy's own files, which were public once.
def _inside(module: ModuleType) -> None:
    module.__dict__.update(vars(importlib.import_module("scipy.ndimage")), __name__=module.__name__)


for _name in ("filters", "interpolation", "morphology", "measurements", "fourier"):
    makes(f"scipy.ndimage.{_name}")(_inside)


#: What is healed here, for the page of documentation.
HEALED = (
    "SciPy and Pillow",
    [
        *(f"scipy.misc.{n}" for n in ("imread", "imsave", "imresize", "imrotate", "toimage")),
        *(f"scipy.misc.{n}" for n in ("fromimage", "bytescale", "comb", "factorial", "face")),
        "scipy.array and all that was NumPy's",
        "scipy.integrate.simps",
        "scipy.integrate.trapz",
        "scipy.integrate.cumtrapz",
        *(f"scipy.signal.{name}" for name in _WINDOWS),
        "scipy.ndimage.imread",
        "scipy.linalg.pinv2",
        "scipy.stats.itemfreq",
        "scipy.stats.binom_test",
        "scipy.ndimage.filters",
        "scipy.ndimage.interpolation",
        "Image.ANTIALIAS",
        "Image.tostring",
        "ImageDraw.textsize",
        "ImageFont.getsize",
    ],
)
