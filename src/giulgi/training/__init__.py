"""Floor 5: networks as one uses them: models, fitting, callbacks."""

from giulgi.training import callbacks
from giulgi.training.callbacks import Callback, History
from giulgi.training.model import Model
from giulgi.training.sequential import Sequential

__all__ = ["Callback", "History", "Model", "Sequential", "callbacks"]
