"""Pictures of what a network did.

Everything here takes plain numbers and arrays and gives text or files; nothing here knows about
graphs or models. Drawing needs the extra ``report`` (matplotlib and jinja2), which is imported
when it is used::

    pip install --editable '.[report]'     # in a copy of the repository
"""

from giulgi.viz.digits_report import check_digits_report, write_digits_report
from giulgi.viz.digits_run import DigitsRun, FeatureMaps
from giulgi.viz.extras import MissingExtraError
from giulgi.viz.files import ReportFileError

__all__ = [
    "DigitsRun",
    "FeatureMaps",
    "MissingExtraError",
    "ReportFileError",
    "check_digits_report",
    "write_digits_report",
]
