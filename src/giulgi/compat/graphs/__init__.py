"""The graph of named operations that a program builds."""
