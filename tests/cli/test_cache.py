"""``giulgi cache`` and what ``giulgi info`` tells of it."""

import os
from pathlib import Path

import numpy as np
import pytest

import giulgi as gg
from giulgi.amounts import amount
from giulgi.backends.cpu.machine.processor import Machine, host
from giulgi.backends.cpu.running.workers import available_cores
from giulgi.cli.info import collect, machine_text
from giulgi.cli.main import main


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return the folder of an empty cache, which is in use."""
    path = tmp_path / "objects"
    monkeypatch.setattr(gg.config, "cache", path)
    return path


def compile_one() -> None:
    x = gg.placeholder("float32", (3,), name="x")
    gg.Program([3 * x + 1], [x], backend="cpu")(np.zeros(3, np.float32))


def test_the_cache_is_shown(folder, capsys):
    assert main(["cache"]) == 0
    assert capsys.readouterr().out == (f"cache   {folder}\nholds   0 B (0 files); at most 256 MB\n")
    compile_one()
    (file,) = folder.iterdir()
    main(["cache"])
    size = amount(file.stat().st_size, "B")
    assert f"holds   {size} (1 file); at most 256 MB" in capsys.readouterr().out


def test_the_cache_is_cleared(folder, capsys):
    compile_one()
    (file,) = folder.iterdir()
    size = amount(file.stat().st_size, "B")
    assert main(["cache", "clear"]) == 0
    assert capsys.readouterr().out == f"Freed {size} (1 file) in {folder}\n"
    assert not list(folder.iterdir())
    main(["cache", "clear"])
    assert capsys.readouterr().out == f"Freed 0 B (0 files) in {folder}\n"
    compile_one()
    assert list(folder.iterdir())


def test_files_that_cannot_be_removed_are_told(folder, capsys, monkeypatch):
    folder.mkdir()
    stubborn = folder / f"{'0' * 64}.o"
    stubborn.write_bytes(b"123")
    (folder / f"{'1' * 64}.o").write_bytes(b"12345")
    unlink = Path.unlink

    def fail(path):
        if path == stubborn:
            raise PermissionError("it is in use")
        unlink(path)

    monkeypatch.setattr(Path, "unlink", fail)
    assert main(["cache", "clear"]) == 1
    said = capsys.readouterr()
    assert said.out == f"Freed 5 B (1 file) in {folder}\n"
    assert f"(1 file) could not be removed from {folder}." in said.err
    assert "see that you may write to that folder" in said.err
    assert list(folder.iterdir()) == [stubborn]


def test_a_folder_that_cannot_be_read_is_told(folder, capsys):
    folder.write_text("no folder at all")
    with pytest.raises(OSError, match="objects") as caught:
        os.scandir(folder)
    reason = f"cannot be read: {caught.value.strerror}"
    assert main(["cache"]) == 0
    assert f"holds   not known: the folder {reason}\n" in capsys.readouterr().out
    assert main(["cache", "clear"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert f"{folder} {reason}." in said.err
    assert "gg.config.cache sets another folder" in said.err


@pytest.mark.skipif(os.name != "posix", reason="windows has other permissions")
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may do all")
@pytest.mark.parametrize("mode", [0o000, 0o400, 0o500])
def test_permissions_that_lack(folder, capsys, mode):
    compile_one()
    folder.chmod(mode)
    try:
        assert main(["cache", "clear"]) == 1
        said = capsys.readouterr()
    finally:
        folder.chmod(0o700)
    told = "could not be removed" if mode == 0o500 else "cannot be read: Permission denied"
    assert told in said.err
    assert list(folder.iterdir())


def test_there_is_no_cache(folder, capsys):
    gg.config.cache = False
    assert main(["cache"]) == main(["cache", "clear"]) == main(["info"]) == 0
    assert capsys.readouterr().out.count("compiled programs are not kept") == 3


def test_another_word_is_told(capsys):
    with pytest.raises(SystemExit):
        main(["cache", "clean"])
    assert "choose from" in capsys.readouterr().err


def test_info_tells_of_machine_and_cache(folder, capsys, monkeypatch):
    assert main(["info"]) == 0
    out = capsys.readouterr().out
    assert str(folder) in out
    assert "0 B (0 files); at most 256 MB" in out
    assert f"{host().cpu}, vectors of {8 * host().vector_bytes} bits" in out
    monkeypatch.setattr(gg.config, "backend", "cpu")
    facts = collect()
    assert facts["backend"] == "cpu (compiled to native code)"
    assert facts["threads"] == str(available_cores())
    monkeypatch.setattr(gg.config, "threads", 7)
    assert collect()["threads"] == "7"


def test_the_width_of_vectors():
    machine = Machine("x86_64-unknown-linux-gnu", "haswell", "+avx,+avx2")
    assert machine_text(machine) == "haswell, vectors of 256 bits (8 float32 at once)"
