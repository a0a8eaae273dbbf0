"""What matplotlib and seaborn took, and do no longer; and windows where there is no screen."""

from __future__ import annotations

import functools
import operator
import os
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from giulgi.compat.healing.hooks import called_by_program, fill, heals, replace
from giulgi.compat.healing.telling import tell

Function = Callable[..., Any]

# Arguments that have another name today, or that are left out.
_RENAMED = {"axisbg": "facecolor", "normed": "density", "axis_bgcolor": "facecolor"}
_LEFT_OUT = ("hold", "verts", "use_line_collection")
_COLOURS = {
    "spectral": "nipy_spectral", "Vega10": "tab10", "Vega20": "tab20", "Vega20b": "tab20b",
    "Vega20c": "tab20c",
}  # fmt: skip


def has_screen() -> bool:
    """Whether there is a screen that windows can be shown on."""
    return sys.platform in ("win32", "darwin") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )


@heals("matplotlib")
def _whole(module: Any) -> None:
    replace(module, "use", _usable)
    settings = module.RcParams
    settings.__setitem__ = _setting(settings.__setitem__)


def _usable(own: Function) -> Function:
    """Let a way to show windows that there is not be none."""

    @functools.wraps(own)
    def use(backend: Any = "agg", *_: Any, **__: Any) -> None:
        if str(backend).lower().startswith("qt4"):
            backend = "QtAgg"
        try:
            own(backend)
        except (ImportError, ValueError):
            tell(f"There is no {backend} here: what matplotlib draws is not shown.")
            own("agg")

    return use


def _setting(own: Function) -> Function:
    """Leave out settings that are gone."""

    @functools.wraps(own)
    def __setitem__(self: Any, key: Any, value: Any) -> None:  # noqa: N807
        try:
            own(self, key, value)
        except KeyError:
            if key == "axes.color_cycle":
                from cycler import cycler

                own(self, "axes.prop_cycle", cycler(color=value))
                return
            tell(f"matplotlib has no setting {key!r} any more; it is left out.")

    return __setitem__


@heals("matplotlib.pyplot")
def _pyplot(module: Any) -> None:
    fill(module, {"hold": _nothing, "ishold": lambda: True})
    replace(module, "switch_backend", _usable)
    for name in ("subplot", "axes", "hist", "plot", "scatter", "stem", "bar", "savefig", "figure"):
        replace(module, name, _renaming)
    replace(module, "grid", functools.partial(_argument, old="b", new="visible"))
    replace(module, "annotate", functools.partial(_argument, old="s", new="text"))
    replace(module, "bar", functools.partial(_argument, old="left", new="x"))
    replace(module, "boxplot", functools.partial(_argument, old="labels", new="tick_labels"))
    replace(module.style, "use", _styled)
    own = module.gca
    module.gca = lambda **options: module.gcf().gca(**options) if options else own()
    if not has_screen():
        _without_screen(module)


def _nothing(*_: Any, **__: Any) -> None:
    return None


def _without_screen(module: Any) -> None:
    """Draw without showing, and wait for nobody; but in a notebook, which shows pictures itself."""
    own_show, own_pause = module.show, module.pause

    def show(*args: Any, **options: Any) -> None:
        if _is_in_notebook(module):
            own_show(*args, **options)
            return
        tell(
            "There is no screen here: plt.show() shows nothing, and goes on. plt.savefig('x.png') "
            "keeps a picture."
        )

    def pause(interval: float = 0) -> None:
        if _is_in_notebook(module):
            own_pause(interval)

    own = module.get_current_fig_manager

    @functools.wraps(own)
    def get_current_fig_manager() -> Any:
        found = own()
        if not hasattr(found, "window"):
            found.window = _Anything()
        return found

    module.show, module.pause, module.draw = show, pause, _nothing
    module.waitforbuttonpress, module.ginput = _nothing, lambda *_, **__: []
    module.get_current_fig_manager = get_current_fig_manager
    module.Figure.show = _nothing


def _is_in_notebook(module: Any) -> bool:
    """Whether pictures are shown between the cells of a notebook."""
    backend = str(module.get_backend()).lower()
    return any(name in backend for name in ("inline", "nbagg", "ipympl", "widget", "notebook"))


class _Anything:
    """A window that is not there: whatever it is asked for does nothing."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Anything()

    def __call__(self, *_: Any, **__: Any) -> Any:
        return _Anything()


@heals("matplotlib.axes")
def _axes(module: Any) -> None:
    axes = module.Axes
    for name in ("hist", "plot", "scatter", "stem", "bar"):
        replace(axes, name, _renaming)
    replace(axes, "grid", functools.partial(_argument, old="b", new="visible"))
    replace(axes, "annotate", functools.partial(_argument, old="s", new="text"))
    replace(axes, "bar", functools.partial(_argument, old="left", new="x"))
    replace(axes, "boxplot", functools.partial(_argument, old="labels", new="tick_labels"))
    for name, method in {
        "hold": _nothing,
        "ishold": lambda self: True,
        "set_axis_bgcolor": lambda self, color: self.set_facecolor(color),
        "get_axis_bgcolor": lambda self: self.get_facecolor(),
        "set_color_cycle": lambda self, colors: self.set_prop_cycle(color=colors),
    }.items():
        if not hasattr(axes, name):
            setattr(axes, name, method)
    lists = axes.ArtistList
    lists.remove = lambda self, artist: artist.remove()
    lists.pop = _popped


def _popped(self: Any, place: int = -1) -> Any:
    artist = self[place]
    artist.remove()
    return artist


@heals("matplotlib.figure")
def _figure(module: Any) -> None:
    own = module.Figure.gca

    @functools.wraps(own)
    def gca(self: Any, **options: Any) -> Any:
        if not options:
            return own(self)
        projection = options.get("projection")
        for axes in self.axes:
            if axes.name == (projection or "rectilinear"):
                return axes
        tell("fig.gca(projection=...) is fig.add_subplot(projection=...) in matplotlib today.")
        return self.add_subplot(**options)

    module.Figure.gca = gca
    for name in ("add_subplot", "add_axes", "savefig"):
        replace(module.Figure, name, _renaming)


@heals("matplotlib.backend_bases")
def _canvas(module: Any) -> None:
    canvas = module.FigureCanvasBase
    if not hasattr(canvas, "set_window_title"):
        canvas.set_window_title = _nothing


@heals("matplotlib.contour")
def _contours(module: Any) -> None:
    if not hasattr(module.ContourSet, "collections"):
        module.ContourSet.collections = property(lambda self: [self])


@heals("mpl_toolkits.mplot3d.axes3d")
def _solid(module: Any) -> None:
    """Let ``Axes3D(fig)`` be in the figure, and have its axes by their old names."""
    axes = module.Axes3D
    own = axes.__init__

    @functools.wraps(own)
    def __init__(self: Any, fig: Any, *args: Any, **options: Any) -> None:  # noqa: N807
        own(self, fig, *args, **options)
        if called_by_program() and self not in fig.axes:
            fig.add_axes(self)

    axes.__init__ = __init__
    for name in ("xaxis", "yaxis", "zaxis"):
        if not hasattr(axes, f"w_{name}"):
            setattr(axes, f"w_{name}", property(operator.attrgetter(name)))


@heals("matplotlib.mlab")
def _mlab(module: Any) -> None:
    def normpdf(x: Any, mu: float, sigma: float) -> Any:
        scaled = (np.asarray(x) - mu) / sigma
        return np.exp(-(scaled**2) / 2) / (sigma * np.sqrt(2 * np.pi))

    def bivariate_normal(
        x: Any, y: Any, sigmax: float = 1, sigmay: float = 1, mux: float = 0, muy: float = 0
    ) -> Any:
        return normpdf(x, mux, sigmax) * normpdf(y, muy, sigmay)

    fill(module, {"normpdf": normpdf, "bivariate_normal": bivariate_normal})


@heals("matplotlib.cm")
def _maps(module: Any) -> None:
    import matplotlib as mpl

    maps = module._colormaps

    def get_cmap(name: Any = None, lut: Any = None) -> Any:
        if not isinstance(name, str):
            return name or maps[mpl.rcParams["image.cmap"]]
        found = maps[_COLOURS.get(name, name)]
        return found if lut is None else found.resampled(lut)

    fill(module, {"get_cmap": get_cmap})
    for old, new in _COLOURS.items():
        if old not in maps:
            maps.register(maps[new], name=old)
            fill(module, {old: maps[new]})


def _styled(own: Function) -> Function:
    """Let seaborn's styles have the names that they had."""

    @functools.wraps(own)
    def use(style: Any) -> None:
        names = style if isinstance(style, (list, tuple)) else [style]
        own([_style(name) for name in names])

    return use


def _style(name: Any) -> Any:
    if isinstance(name, str) and name.startswith("seaborn") and "v0_8" not in name:
        return name.replace("seaborn", "seaborn-v0_8", 1)
    return name


def _renaming(own: Function) -> Function:
    """Let arguments have the names that they had."""

    @functools.wraps(own)
    def call(*args: Any, **options: Any) -> Any:
        old = [name for name in options if name in _RENAMED or name in _LEFT_OUT]
        if own.__name__ == "savefig" and "frameon" in options:
            old.append("frameon")
        if old:
            tell(f"matplotlib's {own.__name__} does not take {', '.join(old)} any more.")
        for name in old:
            value = options.pop(name)
            if name in _RENAMED:
                options[_RENAMED[name]] = value
        return own(*args, **options)

    return call


def _argument(own: Function, old: str, new: str) -> Function:
    @functools.wraps(own)
    def call(*args: Any, **options: Any) -> Any:
        if old in options:
            options[new] = options.pop(old)
        return own(*args, **options)

    return call


# seaborn


@heals("seaborn")
def _seaborn(module: Any) -> None:
    for name in _SEABORN:
        replace(module, name, _drawing)
    replace(module, "kdeplot", functools.partial(_argument, old="shade", new="fill"))
    fill(
        module,
        {
            "factorplot": functools.partial(_factors, module),
            "tsplot": functools.partial(_series, module),
            "distplot": functools.partial(_distribution, module),
        },
    )


_SEABORN = (
    "lmplot", "jointplot", "boxplot", "barplot", "countplot", "violinplot", "stripplot",
    "swarmplot", "pointplot", "regplot", "pairplot", "FacetGrid", "PairGrid", "catplot",
    "scatterplot", "lineplot", "residplot", "boxenplot",
)  # fmt: skip


def _drawing(own: Any) -> Any:
    """Let x, y and the data be given by position, and a size be a height."""
    if isinstance(own, type):
        return own

    @functools.wraps(own)
    def draw(*args: Any, **options: Any) -> Any:
        if "size" in options and own.__name__ in ("lmplot", "pairplot", "jointplot", "catplot"):
            options["height"] = options.pop("size")
        names = [name for name in ("x", "y", "hue") if name not in options]
        data = "data" in options or own.__name__ in ("jointplot", "lmplot")
        if own.__name__ == "jointplot" and len(args) == 3:
            options["data"], args = args[2], args[:2]
        if own.__name__ == "lmplot" and len(args) == 3:
            options["data"], args = args[2], args[:2]
        by_name = len(args) > 1 or (args and (data or not hasattr(args[0], "columns")))
        if by_name and own.__name__ != "pairplot":
            tell("seaborn takes x= and y= by their names today.")
            options.update(zip(names, args, strict=False))
            args = ()
        return own(*args, **options)

    return draw


def _factors(module: Any, *args: Any, **options: Any) -> Any:
    tell("sns.factorplot is sns.catplot today.")
    options.setdefault("kind", "point")
    return module.catplot(*args, **options)


def _series(module: Any, data: Any, time: Any = None, **options: Any) -> Any:
    tell("sns.tsplot is sns.lineplot today.")
    del options
    return module.lineplot(x=range(len(data)) if time is None else time, y=data)


def _distribution(module: Any, a: Any, bins: Any = None, kde: bool = True, **options: Any) -> Any:
    tell("sns.distplot is sns.histplot today.")
    kept = {k: v for k, v in options.items() if k in ("color", "label", "ax")}
    if options.get("hist") is False:
        return module.kdeplot(a, **kept)
    return module.histplot(a, bins=bins or "auto", kde=kde, stat="density", **kept)


#: What is healed here, for the page of documentation.
HEALED = (
    "matplotlib and seaborn",
    [
        "plt.hold",
        "plt.subplot(axisbg=)",
        "plt.hist(normed=)",
        "plt.grid(b=)",
        "plt.annotate(s=)",
        "plt.bar(left=)",
        "plt.boxplot(labels=)",
        "plt.savefig(frameon=)",
        "fig.gca(projection=)",
        "plt.cm.get_cmap",
        "mlab.normpdf",
        "mlab.bivariate_normal",
        "Axes3D(fig)",
        "ax.w_xaxis",
        *(f"plt.cm.{name}" for name in _COLOURS),
        "plt.style.use('seaborn-...')",
        "ax.lines.remove",
        "contours.collections",
        "matplotlib.use of what is not here",
        "settings that are gone",
        "plt.show and plt.pause without a screen",
        "sns.factorplot",
        "sns.distplot",
        "sns.tsplot",
        "sns.lmplot(x, y, data)",
    ],
)
