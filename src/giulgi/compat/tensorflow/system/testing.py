"""Tests of programs: ``tf.test.TestCase``."""

# The names, and how conditions are told, are unittest's.
# ruff: noqa: N802, N815, PT009

from __future__ import annotations

import random
import re
import tempfile
import unittest
import unittest.mock
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from giulgi.compat.errors import OpError
from giulgi.compat.graphs.functions import set_random_seed
from giulgi.compat.graphs.graph import Graph, get_default_graph, reset_default_graph
from giulgi.compat.names import export, exported
from giulgi.compat.sessions.session import Session, get_default_session
from giulgi.compat.tensorflow.public import tf
from giulgi.compat.tensors.tensor import Converted, Tensor, as_tensor
from giulgi.tree import flatten

_SEED = 87654321


@exported("test.TestCase")
class TestCase(unittest.TestCase):
    """A test that begins with an empty graph and equal random numbers, and compares arrays."""

    def setUp(self) -> None:
        """Begin anew."""
        random.seed(_SEED)
        np.random.seed(_SEED)
        reset_default_graph()
        set_random_seed(_SEED)

    @contextmanager
    def session(
        self,
        graph: Graph | None = None,
        config: Any = None,
        use_gpu: bool = False,
        force_gpu: bool = False,
    ) -> Iterator[Session]:
        """Open a session."""
        del use_gpu, force_gpu
        with Session(graph=graph, config=config) as opened:
            yield opened

    @contextmanager
    def cached_session(
        self,
        graph: Graph | None = None,
        config: Any = None,
        use_gpu: bool = False,
        force_gpu: bool = False,
    ) -> Iterator[Session]:
        """Open the session of this test, the same each time for the same graph."""
        del use_gpu, force_gpu
        used = get_default_graph() if graph is None else graph
        sessions: dict[int, Session] = self.__dict__.setdefault("_sessions", {})
        opened = sessions.setdefault(id(used), Session(graph=used, config=config))
        with used.as_default(), opened.as_default():
            yield opened

    def test_session(self, *args: Any, **kwargs: Any) -> Any:
        """Open the session of this test; see :meth:`cached_session`."""
        if self.id().endswith(".test_session"):
            self.skipTest("Not a test.")
        return self.cached_session(*args, **kwargs)

    def evaluate(self, tensors: Any) -> Any:
        """Return the values of tensors in the session that is open."""
        opened = get_default_session()
        if opened is None:
            with self.test_session() as own:
                return own.run(tensors)
        return opened.run(tensors)

    def get_temp_dir(self) -> str:
        """Return a folder for this test."""
        if "_folder" not in self.__dict__:
            folder = tempfile.TemporaryDirectory()
            self.addCleanup(folder.cleanup)
            self._folder = folder.name
        return self._folder

    # What must hold of arrays

    def _array(self, value: Any) -> np.ndarray[Any, Any]:
        leaves, _ = flatten(value)
        if any(isinstance(leaf, (Tensor, Converted)) for leaf in leaves):
            value = self.evaluate(value)
        return np.asarray(value)

    def assertAllClose(
        self, a: Any, b: Any, rtol: float = 1e-6, atol: float = 1e-6, msg: Any = None
    ) -> None:
        """Require equal shapes and nearly equal numbers, also in dicts and lists of arrays."""
        if isinstance(a, dict):
            self.assertEqual(set(a), set(b), msg)
            for key in a:
                self.assertAllClose(a[key], b[key], rtol, atol, msg)
            return
        try:
            pair = self._array(a), self._array(b)
        except ValueError:  # Arrays of several shapes.
            self.assertEqual(len(a), len(b), msg)
            for one, other in zip(a, b, strict=True):
                self.assertAllClose(one, other, rtol, atol, msg)
            return
        self.assertEqual(pair[0].shape, pair[1].shape, msg)
        np.testing.assert_allclose(*pair, rtol=rtol, atol=atol, err_msg=str(msg or ""))

    def assertAllCloseAccordingToType(
        self, a: Any, b: Any, rtol: float = 1e-6, atol: float = 1e-6, **_: Any
    ) -> None:
        """Require nearly equal numbers."""
        self.assertAllClose(a, b, rtol, atol)

    def assertNotAllClose(self, a: Any, b: Any, **options: Any) -> None:
        """Require that some numbers are not nearly equal."""
        try:
            self.assertAllClose(a, b, **options)
        except AssertionError:
            return
        self.fail("The two values are close at all elements.")

    def assertAllEqual(self, a: Any, b: Any, msg: Any = None) -> None:
        """Require equal arrays."""
        np.testing.assert_array_equal(self._array(a), self._array(b), err_msg=str(msg or ""))

    def assertNotAllEqual(self, a: Any, b: Any, msg: Any = None) -> None:
        """Require that some elements are not equal."""
        self.assertFalse(np.array_equal(self._array(a), self._array(b)), msg)

    def assertAllGreater(self, a: Any, comparison_target: Any) -> None:
        """Require that all elements are greater than a number."""
        self.assertTrue((self._array(a) > comparison_target).all())

    def assertAllLess(self, a: Any, comparison_target: Any) -> None:
        """Require that all elements are less than a number."""
        self.assertTrue((self._array(a) < comparison_target).all())

    def assertAllGreaterEqual(self, a: Any, comparison_target: Any) -> None:
        """Require that no element is less than a number."""
        self.assertTrue((self._array(a) >= comparison_target).all())

    def assertAllLessEqual(self, a: Any, comparison_target: Any) -> None:
        """Require that no element is greater than a number."""
        self.assertTrue((self._array(a) <= comparison_target).all())

    def assertArrayNear(self, farray1: Any, farray2: Any, err: float) -> None:
        """Require that elements differ by no more than a number."""
        np.testing.assert_allclose(self._array(farray1), self._array(farray2), rtol=0, atol=err)

    assertNDArrayNear = assertArrayNear

    def assertNear(self, f1: float, f2: float, err: float, msg: Any = None) -> None:
        """Require that two numbers differ by no more than a third."""
        self.assertTrue(f1 == f2 or abs(f1 - f2) <= err, msg or f"{f1!r} != {f2!r} +/- {err!r}")

    def assertShapeEqual(self, input_a: Any, input_b: Any) -> None:
        """Require that two things have the same shape."""
        shapes = [
            tuple(x.get_shape().as_list()) if hasattr(x, "get_shape") else np.shape(x)
            for x in (input_a, input_b)
        ]
        self.assertEqual(*shapes)

    def assertDTypeEqual(self, target: Any, expected_dtype: Any) -> None:
        """Require a dtype."""
        self.assertEqual(self._array(target).dtype, np.dtype(expected_dtype))

    def assertProtoEquals(self, expected: Any, message: Any) -> None:
        """Require equal messages."""
        self.assertEqual(str(expected).strip(), str(message).strip())

    def assertStartsWith(self, actual: str, expected_start: str, msg: Any = None) -> None:
        """Require that text begins with text."""
        self.assertTrue(actual.startswith(expected_start), msg)

    # Errors

    @contextmanager
    def assertRaisesWithPredicateMatch(
        self, exception_type: type[BaseException], expected_err_re_or_predicate: Any
    ) -> Iterator[None]:
        """Require an error whose text fits a pattern, or of which a function says yes."""
        try:
            yield
        except exception_type as error:
            wanted = expected_err_re_or_predicate
            fits = wanted(error) if callable(wanted) else re.search(wanted, str(error))
            self.assertTrue(fits, f"{error!r} is not the error that was expected")
            return
        self.fail(f"{exception_type.__name__} not raised")

    def assertRaisesOpError(self, expected_err_re_or_predicate: Any) -> Any:
        """Require an error of a run."""
        return self.assertRaisesWithPredicateMatch(OpError, expected_err_re_or_predicate)


@exported("test.compute_gradient")
def compute_gradient(
    x: Any, x_shape: Any, y: Any, y_shape: Any, x_init_value: Any = None, delta: float = 1e-3,
    init_targets: Any = None, extra_feed_dict: Any = None,
) -> Any:  # fmt: skip
    """Return the derivatives of y by x, as gradients tell them and as differences do.

    Args:
        x: a tensor, or a list of tensors.
        x_shape: its shape.
        y: a tensor.
        y_shape: its shape.
        x_init_value: where they are taken; None: at random numbers between 0 and 1.
        delta: how far each element of x is moved, to both sides.
        init_targets: operations that are run before.
        extra_feed_dict: what is fed besides.

    Returns:
        Two arrays, (elements of x, elements of y); a list of such pairs for a list of tensors.
    """
    session: Any = get_default_session()
    if init_targets is not None:
        session.run(init_targets)
    if isinstance(x, (list, tuple)):
        starts = [None] * len(x) if x_init_value is None else x_init_value
        return [
            compute_gradient(a, shape, y, y_shape, start, delta, None, extra_feed_dict)
            for a, shape, start in zip(x, x_shape, starts, strict=True)
        ]
    dtype, feeds = as_tensor(x).dtype.numpy_dtype, dict(extra_feed_dict or {})
    start = np.random.random_sample(x_shape) if x_init_value is None else x_init_value
    at = np.array(start, dtype).reshape(x_shape)
    seeds = tf.placeholder(as_tensor(y).dtype, y_shape)
    (slopes,) = tf.gradients(y, x, grad_ys=seeds)
    told = np.zeros((at.size, int(np.prod(y_shape, dtype=int))), dtype)
    for place, row in enumerate(np.eye(told.shape[1], dtype=dtype)):
        given = {**feeds, x: at, seeds: row.reshape(y_shape)}
        told[:, place] = np.ravel(session.run(slopes, given))
    seen = np.zeros_like(told)
    for place in range(at.size):
        moved = []
        for way in (delta, -delta):
            there = at.copy()
            there.flat[place] += way
            moved.append(np.ravel(session.run(y, {**feeds, x: there})))
        seen[place] = (moved[0] - moved[1]) / (2 * delta)
    return told, seen


@exported("test.compute_gradient_error")
def compute_gradient_error(
    x: Any, x_shape: Any, y: Any, y_shape: Any, x_init_value: Any = None, delta: float = 1e-3,
    init_targets: Any = None, extra_feed_dict: Any = None,
) -> float:  # fmt: skip
    """Return by how much gradients and differences differ at most; see :func:`compute_gradient`."""
    found = compute_gradient(
        x, x_shape, y, y_shape, x_init_value, delta, init_targets, extra_feed_dict
    )
    pairs = found if isinstance(found, list) else [found]
    return float(max(np.abs(told - seen).max(initial=0) for told, seen in pairs))


@exported("test.main")
def main(argv: Any = None) -> None:
    """Carry out the tests of the program, and end."""
    unittest.main(argv=argv)


@exported("test.get_temp_dir")
def get_temp_dir() -> str:
    """Return a folder for tests."""
    return tempfile.mkdtemp()


@exported("test.test_src_dir_path")
def test_src_dir_path(relative_path: str) -> str:
    """Return a path beside the program."""
    from giulgi.compat.tensorflow.system.gfile import path_to_datafile

    return path_to_datafile(relative_path)


# Pytest would take it for a test.
test_src_dir_path.__test__ = False  # type: ignore[attr-defined]

export("test.mock", unittest.mock)
