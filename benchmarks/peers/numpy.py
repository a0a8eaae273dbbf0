"""NumPy: the products alone."""

import numpy as np

from benchmarks.peers.tasks import Peer, serve


def product(a, b, transposed):
    left = a.T if transposed else a

    def run(times):
        for _ in range(times):
            result = left @ b
        return result

    return run


if __name__ == "__main__":
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    versions = {"NumPy": np.__version__, blas["name"]: blas["version"]}
    serve(Peer(versions=versions, product={"": product}))
