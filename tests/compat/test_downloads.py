"""What programs have downloaded: from a publisher of this machine."""

import hashlib
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tests.compat.programs import giulgi_run

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


GONE = "http://127.0.0.1:1/"


def test_what_ships_is_not_downloaded(tf, tmp_path):
    path = fetch(tf, "flowers.csv", f"{GONE}iris/iris.data", tmp_path)
    with open(path, encoding="utf-8") as file:
        assert file.readline() == "5.1,3.5,1.4,0.2,Iris-setosa\n"


def test_flowers_of_the_tutorials_are_made_of_those_that_ship(tf, tmp_path):
    rows = []
    for name, count in (("iris_training.csv", 120), ("iris_test.csv", 30)):
        path = fetch(tf, name, GONE + name, tmp_path)
        with open(path, encoding="utf-8") as file:
            assert file.readline() == f"{count},4,setosa,versicolor,virginica\n"
            told = file.read().split()
        assert len(told) == count
        rows += told
    assert sorted(row.rpartition(",")[2] for row in rows) == ["0"] * 50 + ["1"] * 50 + ["2"] * 50


def test_programs_find_tables_at_their_addresses(tmp_path):
    text = f"""
        import urllib.request
        import pandas as pd

        wine = pd.read_csv("{GONE}winequality-white.csv", sep=";")
        print(wine.shape, wine.columns[0], wine["quality"].max())
        print(pd.read_csv("{GONE}pima-indians-diabetes.data", header=None).shape)
        print(urllib.request.urlretrieve("{GONE}iris_test.csv", "own.csv")[0])
        print(len(open("own.csv").readlines()), urllib.request.urlopen("{GONE}iris.data").getcode())
        try:
            urllib.request.urlopen("{GONE}unknown.csv")
        except OSError as error:
            print(type(error).__name__)
    """
    ended = giulgi_run(tmp_path, text=text)
    assert ended.code == 0, ended.err
    assert ended.out.splitlines() == [
        "(4898, 12) fixed acidity 9", "(768, 9)", "own.csv", "31 200", "URLError",
    ]  # fmt: skip
    assert "winequality-white.csv cannot be downloaded: it is made of" in ended.err
