"""Pictures of what a network did.

Everything here takes plain numbers and arrays and gives text or files; nothing here knows about
graphs or models. Drawing needs the extra ``report`` (matplotlib and jinja2), which is imported
when it is used::

    pip install --editable '.[report]'     # in a copy of the repository
"""

from giulgi.viz.digits_report import DigitsRun, check_digits_report, write_digits_report
from giulgi.viz.extras import MissingExtraError
from giulgi.viz.files import ReportFileError

__all__ = [
    "DigitsRun",
    "MissingExtraError",
    "ReportFileError",
    "check_digits_report",
    "write_digits_report",
]
