"""What does not fit: errors and advice about examples, targets and outputs."""
