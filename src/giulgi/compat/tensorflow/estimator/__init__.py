"""Estimators, their inputs, and columns of tables."""
