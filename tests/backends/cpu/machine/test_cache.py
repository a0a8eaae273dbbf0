"""Compiled programs on disk: found again, never believed when damaged, never in the way."""

import errno
import os
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import llvmlite
import numpy as np
import pytest

import giulgi as gg
from giulgi.backends.cpu.machine import objects
from giulgi.backends.cpu.machine.cache import ObjectCache, Usage, _checksum, object_cache
from giulgi.backends.cpu.machine.processor import host
from giulgi.errors import ArgumentError

KEY, OTHER = "a" * 64, "b" * 64
CODE = bytes(range(256)) * 20


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return the folder of an empty cache, which is in use."""
    path = tmp_path / "objects"
    monkeypatch.setattr(gg.config, "cache", path)
    return path


@pytest.fixture
def compiled(monkeypatch):
    """Return a list that gets longer with each module that LLVM compiles."""
    texts = []
    compile_object = objects.compile_object

    def count(text, machine):
        texts.append(text)
        return compile_object(text, machine)

    monkeypatch.setattr(objects, "compile_object", count)
    return texts


def run() -> None:
    """Compile a program as if it were in a new process, run it, and check what it computes."""
    x = gg.placeholder("float32", (3,), name="x")
    (y,) = gg.Program([3 * x + 1], [x], backend="cpu")(np.array([1, 2, 3], np.float32))
    np.testing.assert_array_equal(y, [4, 7, 10])


def run_warned() -> None:
    """Run, and be told that nothing can be kept."""
    with pytest.warns(UserWarning, match="compiled programs cannot be kept in .*gg.config.cache"):
        run()


def only_file(folder: Path) -> Path:
    (file,) = folder.iterdir()
    return file


def test_what_was_compiled_once_is_not_compiled_again(folder, compiled):
    run()
    assert len(compiled) == 1
    run()
    assert len(compiled) == 1
    assert only_file(folder).suffix == ".o"


def test_a_hit_needs_no_code_generator(folder, monkeypatch):
    run()
    monkeypatch.setattr(type(host()), "target_machine", lambda machine: pytest.fail("made"))
    run()


def test_without_a_cache_all_is_compiled(folder, compiled):
    gg.config.cache = False
    run()
    run()
    assert len(compiled) == 2
    assert not folder.exists()


def flipped(content: bytes, place: int) -> bytes:
    changed = bytearray(content)
    changed[place] ^= 1
    return bytes(changed)


DAMAGE = {
    "empty": lambda content: b"",
    "shorter than a checksum": lambda content: content[:5],
    "nothing but a checksum": lambda content: content[-32:],
    "without its end": lambda content: content[:-1],
    "half": lambda content: content[: len(content) // 2],
    "without its beginning": lambda content: content[1:],
    "longer": lambda content: content + b"\0",
    "a bit at the beginning": lambda content: flipped(content, 0),
    "a bit in the middle": lambda content: flipped(content, len(content) // 2),
    "a bit of the checksum": lambda content: flipped(content, -1),
    "zeros": lambda content: bytes(len(content)),
    "something else": lambda content: b"Dear diary, " * 100,
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_file_is_made_anew(folder, compiled, damage):
    run()
    file = only_file(folder)
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    run()
    assert len(compiled) == 2
    assert only_file(folder).read_bytes() == whole
    run()
    assert len(compiled) == 2


def test_a_file_does_not_pass_for_another(tmp_path):
    cache = ObjectCache(tmp_path)
    cache.write(KEY, CODE)
    cache.path(KEY).rename(cache.path(OTHER))
    assert cache.read(OTHER) is None


def test_a_folder_in_the_place_of_a_file_is_left_alone(folder, compiled):
    run()
    file = only_file(folder)
    file.unlink()
    file.mkdir()
    run()
    assert len(compiled) == 2
    assert file.is_dir()
    assert only_file(folder) == file
    assert object_cache().usage() == object_cache().clear() == Usage(0, 0)


def test_a_file_in_the_place_of_the_folder(folder, compiled):
    folder.write_text("mine")
    run_warned()
    run()  # It is said only once.
    assert len(compiled) == 2
    assert folder.read_text() == "mine"
    assert object_cache().usage() == object_cache().clear() == Usage(0, 0)


def test_a_file_in_the_place_of_a_folder_above(folder, compiled):
    folder.write_text("mine")
    gg.config.cache = folder / "deeper" / "objects"
    run_warned()
    assert len(compiled) == 1


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write all")
def test_a_read_only_folder(folder, compiled):
    folder.mkdir(mode=0o500)
    run_warned()
    assert len(compiled) == 1
    assert not list(folder.iterdir())


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="there is no such folder")
def test_a_folder_that_not_even_root_can_write(compiled, monkeypatch):
    monkeypatch.setattr(gg.config, "cache", Path("/proc/giulgi"))
    run_warned()
    monkeypatch.setattr(gg.config, "cache", Path("/proc"))
    run_warned()
    assert len(compiled) == 2


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT])
def test_a_full_disk(folder, compiled, monkeypatch, number):
    def fail(path, content):
        with path.open("wb") as file:
            file.write(content[: len(content) // 2])
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "write_bytes", fail)
    run_warned()
    run()
    assert len(compiled) == 2
    assert not list(folder.iterdir()), "half a file was left behind"


def test_a_file_that_cannot_be_replaced(folder, compiled, monkeypatch):
    """As on Windows, when another process reads it."""

    def fail(path, target):
        raise PermissionError(errno.EACCES, "in use")

    monkeypatch.setattr(Path, "replace", fail)
    run()
    assert not list(folder.iterdir())


def test_a_user_without_a_home(compiled, monkeypatch, tmp_path):
    import platformdirs

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(gg.config, "cache", None)
    monkeypatch.setattr(
        platformdirs, "user_cache_path", lambda *_, **__: Path("~/.cache/giulgi"), raising=True
    )
    assert object_cache() is None
    run()
    assert len(compiled) == 1
    assert not list(tmp_path.iterdir())


def test_the_users_folder(monkeypatch):
    monkeypatch.setattr(gg.config, "cache", None)
    folder = object_cache().folder
    assert folder.is_absolute()
    assert folder.name == "objects"
    assert "giulgi" in folder.parts


def age(cache: ObjectCache, key: str, seconds: int) -> None:
    now = cache.path(key).stat().st_mtime
    os.utime(cache.path(key), (now - seconds, now - seconds))


def test_what_was_not_used_for_longest_is_dropped(tmp_path):
    cache = ObjectCache(tmp_path, limit=4 * (len(CODE) + 32))
    keys = [digit * 64 for digit in "01234"]
    for place, key in enumerate(keys[:4]):
        cache.write(key, CODE)
        age(cache, key, 100 - place)
    assert cache.read(keys[0]) == CODE  # Now it is the one used last.
    cache.write(keys[4], CODE)
    kept = [key for key in keys if cache.read(key) is not None]
    assert kept == [keys[0], keys[3], keys[4]]


def test_the_folder_stays_near_its_limit(tmp_path):
    limit = 100_000
    writer = ObjectCache(tmp_path, limit)
    most = 0
    for number in range(200):
        writer.write(f"{number:064x}", bytes(1000))
        most = max(most, writer.usage().bytes)
    assert 0.9 * limit < most < 1.1 * limit


def test_one_look_in_many_writes(tmp_path, monkeypatch):
    looks = []
    monkeypatch.setattr(ObjectCache, "_drop_oldest", lambda cache: looks.append(cache))
    writer = ObjectCache(tmp_path, limit=160_000)
    for number in range(100):
        writer.write(f"{number:064x}", bytes(1000))
    assert len(looks) == 10


def test_unfinished_files_of_dead_processes_are_dropped(tmp_path):
    cache = ObjectCache(tmp_path, limit=2 * len(CODE))
    left = tmp_path / f"{OTHER}-{'0' * 16}.tmp"
    left.write_bytes(2 * CODE)
    os.utime(left, (0, 0))
    cache.write(KEY, CODE)
    assert not left.exists()
    assert cache.read(KEY) == CODE


def test_files_that_are_not_the_caches_own_are_left_alone(tmp_path):
    cache = ObjectCache(tmp_path, limit=1)
    thesis = tmp_path / "thesis.o"
    thesis.write_bytes(CODE)
    os.utime(thesis, (0, 0))
    cache.write(KEY, CODE)
    assert cache.clear() == Usage(0, 0)  # Alone it was over the limit, and is gone already.
    assert list(tmp_path.iterdir()) == [thesis]


def test_another_processor_has_another_key():
    machine = host()
    machines = [
        machine,
        replace(machine, triple="aarch64-unknown-linux-gnu"),
        replace(machine, cpu="i386"),
        replace(machine, features=machine.features + ",-avx"),
    ]
    assert len({objects.object_key("text", each) for each in machines}) == len(machines)


def test_other_code_llvm_settings_or_format_have_another_key(monkeypatch):
    keys = {objects.object_key("text", host()), objects.object_key("other text", host())}
    for place, name, value in [
        (llvmlite, "__version__", "9.9.9"),
        (llvmlite.binding, "llvm_version_info", (99, 0, 0)),
        (objects, "FORMAT", 99),
        (objects, "_PASSES", ("new_gvn",)),
    ]:
        with monkeypatch.context() as patch:
            patch.setattr(place, name, value)
            keys.add(objects.object_key("text", host()))
    assert len(keys) == 6
    assert objects.object_key("text", host()) in keys


STEPS = """
import sys
import numpy as np
import giulgi as gg

gg.config.cache = sys.argv[1]
x = gg.placeholder("float64", (5,), name="x")
for number in range(3):
    (y,) = gg.Program([gg.tanh(x) * number], [x], backend="cpu")(np.arange(5.0))
    np.testing.assert_allclose(y, np.tanh(np.arange(5.0)) * number, rtol=1e-14)
"""


def start(program: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def finish(processes: list[subprocess.Popen[str]]) -> None:
    for process in processes:
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said


def test_processes_that_compile_the_same_at_once(tmp_path):
    folder = tmp_path / "objects"
    finish([start(STEPS, folder) for _ in range(3)])
    before = {file: file.stat().st_ino for file in folder.iterdir()}
    assert len(before) == 3
    assert {file.suffix for file in before} == {".o"}
    finish([start(STEPS, folder)])
    assert {file: file.stat().st_ino for file in folder.iterdir()} == before, "written again"


FIGHT = """
import sys
from pathlib import Path
from giulgi.backends.cpu.machine.cache import ObjectCache

cache = ObjectCache(Path(sys.argv[1]), limit=150_000)
for number in range(300):
    key = "%064x" % (number % 5)
    cache.write(key, bytes([number % 256]) * 50_000)
    code = cache.read(key)
    assert code is None or len(code) == 50_000 and len(set(code)) == 1
    if number % 50 == 0:
        cache.clear()
"""


def test_processes_that_write_drop_and_clear_the_same_files(tmp_path):
    finish([start(FIGHT, tmp_path) for _ in range(2)])
    assert {file.suffix for file in tmp_path.iterdir()} <= {".o"}


@pytest.mark.parametrize("value", [True, 3, "", b"folder", "a\0b", "~no-such-user/x", ["x"]])
def test_a_cache_that_is_no_folder_is_told(folder, value):
    with pytest.raises(ArgumentError, match="it must be the path of a folder") as caught:
        gg.config.cache = value
    assert caught.value.fix == (
        "gg.config.cache = None for the user's cache folder, False for none"
    )
    assert gg.config.cache == folder


def test_a_path_does_not_move_with_the_working_folder(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    gg.config.cache = "here"
    monkeypatch.chdir("/")
    assert gg.config.cache == tmp_path / "here"
    gg.config.cache = "~/there"
    assert gg.config.cache == Path.home() / "there"


def test_what_cannot_be_loaded_is_made_anew(folder, compiled, monkeypatch):
    run()
    (path,) = folder.glob("*.o")
    for content in (b"no pickle", pickle.dumps(("something", "else")), pickle.dumps(7)):
        path.write_bytes(content + _checksum(path.stem, content))
        compiled.clear()
        run()
        assert len(compiled) == 1


def test_data_are_not_kept(folder):
    data = gg.constant(np.ones((600, 600), "float32"))
    x = gg.placeholder("float32", (600, 600))
    gg.Program([x + data], [x])(np.ones((600, 600)))
    assert not list(folder.glob("*.o"))
