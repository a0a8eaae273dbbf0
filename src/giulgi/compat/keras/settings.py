"""What holds for all layers that are not told otherwise."""

from __future__ import annotations

from typing import Any

#: The settings of ``keras.backend``, by their names there.
SETTINGS: dict[str, Any] = {
    "epsilon": 1e-7,
    "floatx": "float32",
    "image_data_format": "channels_last",
}
