"""The programs that are measured: one file for each framework, run by the framework's own Python.

What all of them do is told by ``tasks``. ``python -m benchmarks.peers`` makes their environments.
"""
