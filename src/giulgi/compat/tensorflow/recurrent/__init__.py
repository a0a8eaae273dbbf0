"""Recurrent networks, and sequences made of sequences."""
