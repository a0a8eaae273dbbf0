"""How functions become operations of the graph, and what Python carries out."""
