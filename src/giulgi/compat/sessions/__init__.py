"""Sessions: what they are fed, how they run, what they compile and tell."""
