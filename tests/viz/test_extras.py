"""How a missing extra is installed: by its name, or from a copy of the repository."""

import sys

import pytest

from giulgi.viz.extras import MissingExtraError, install_command, needs_extra


def test_in_a_copy_of_the_repository_it_is_installed_from_there(tmp_path):
    (tmp_path / "pyproject.toml").touch()
    command = install_command("report", tmp_path)
    assert command == f'"{sys.executable}" -m pip install --editable "{tmp_path}[report]"'


def test_elsewhere_it_goes_by_the_name_of_the_package(tmp_path):
    command = install_command("report", tmp_path)
    assert command == f'"{sys.executable}" -m pip install "giulgi[report]"'


def test_the_error_tells_the_command():
    with pytest.raises(MissingExtraError) as caught, needs_extra("report", "The page"):
        import no_such_package  # noqa: F401
    assert caught.value.problem.startswith("The page needs the package 'no_such_package'")
    assert caught.value.fix.startswith(f'install it with: "{sys.executable}" -m pip install ')
