"""How fast giulgi is beside other frameworks: ``python -m benchmarks``; see README.md here."""
