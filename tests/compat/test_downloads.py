"""What programs have downloaded: from a publisher of this machine."""

import hashlib
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

CONTENT = b"words of a time ago"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def publisher(tmp_path, monkeypatch):
    """The address of a publisher of one file."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    (tmp_path / "published").mkdir()
    (tmp_path / "published" / "words.txt").write_bytes(CONTENT)
    handler = partial(Quiet, directory=str(tmp_path / "published"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def fetch(tf, name, origin, folder, **options):
    return tf.keras.utils.get_file(name, origin, cache_dir=str(folder), **options)


def test_a_file_is_downloaded_once(tf, publisher, tmp_path):
    checksum = hashlib.md5(CONTENT).hexdigest()
    path = fetch(tf, "w.txt", f"{publisher}/words.txt", tmp_path, file_hash=checksum)
    assert path == str(tmp_path / "datasets" / "w.txt")
    with open(path, "rb") as file:
        assert file.read() == CONTENT
    assert fetch(tf, "w.txt", "http://127.0.0.1:1/gone", tmp_path) == path


def test_what_cannot_be_had_is_told(tf, publisher, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"cannot be downloaded .*Put the file w\.txt into"):
        fetch(tf, "w.txt", f"{publisher}/absent.txt", tmp_path)
    with pytest.raises(FileNotFoundError, match="cannot be downloaded"):
        fetch(tf, "w.txt", "http://127.0.0.1:1/words.txt", tmp_path)


def test_a_file_with_another_checksum_is_not_kept(tf, publisher, tmp_path):
    with pytest.raises(FileNotFoundError, match="ValueError"):
        fetch(tf, "w.txt", f"{publisher}/words.txt", tmp_path, md5_hash="0" * 32)
    assert not (tmp_path / "datasets" / "w.txt").exists()
