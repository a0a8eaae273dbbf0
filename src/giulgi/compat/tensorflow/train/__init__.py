"""Training: optimizers, checkpoints, summaries, and what runs the steps."""
