"""Small pictures as PNG data that can stand inside a page.

The pictures are see-through where there is nothing to show, so the same picture fits a light page
and a dark one.
"""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from giulgi.viz.extras import needs_extra

if TYPE_CHECKING:
    from matplotlib.colors import Colormap

# The two ends of the scale of weights. They stay apart for colour-blind eyes, and on both pages.
NEGATIVE = (0.79, 0.22, 0.13)
POSITIVE = (0.10, 0.42, 0.74)


def ink(image: npt.NDArray[np.uint8]) -> str:
    """Return a grey picture, 0 for background and 255 for ink, as black ink on nothing."""
    pixels = np.zeros((*image.shape, 4), np.uint8)
    pixels[..., 3] = image
    return _png(pixels)


def weights(values: npt.NDArray[np.floating[Any]], scale: float) -> str:
    """Return a matrix of weights as a picture.

    Args:
        values: (rows, columns), the weights.
        scale: the weight that has the full colour: blue for ``scale`` and above, red for
            ``-scale`` and below, and nothing at 0.
    """
    unit = np.clip(values / scale, -1, 1) / 2 + 0.5
    return _png(_red_to_blue()(unit, bytes=True))


def strengths(values: npt.NDArray[np.floating[Any]], scale: float) -> str:
    """Return a feature map as a picture: nothing at 0 and below, full blue from ``scale`` on."""
    pixels = np.empty((*values.shape, 4), np.uint8)
    pixels[..., :3] = np.round(255 * np.array(POSITIVE))
    pixels[..., 3] = np.round(255 * np.clip(values / scale, 0, 1))
    return _png(pixels)


def weight_scale(width: int = 256) -> str:
    """Return the scale of colours itself, from red on the left to blue on the right."""
    return weights(np.linspace(-1, 1, width)[np.newaxis], 1.0)


def _red_to_blue() -> Colormap:
    """Return colours that fade from red to nothing and from nothing to blue."""
    with needs_extra("report", "Drawing the weights"):
        from matplotlib.colors import LinearSegmentedColormap

    # Two stops at the centre: the hue jumps there, where nothing of it can be seen.
    stops = [
        (0.0, (*NEGATIVE, 1.0)),
        (0.5, (*NEGATIVE, 0.0)),
        (0.5, (*POSITIVE, 0.0)),
        (1.0, (*POSITIVE, 1.0)),
    ]
    return LinearSegmentedColormap.from_list("red to blue", stops, N=512)


def _png(pixels: npt.NDArray[np.uint8]) -> str:
    """Return RGBA pixels (rows, columns, 4) as a data URI."""
    with needs_extra("report", "Drawing pictures"):
        from matplotlib import image

    # Leaves out the name of the program, which would be a fifth of so small a picture.
    nothing: dict[str, Any] = {"Software": None}
    buffer = io.BytesIO()
    image.imsave(
        buffer,
        np.ascontiguousarray(pixels),
        format="png",
        metadata=nothing,
    )
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
