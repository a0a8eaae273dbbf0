"""What is given to train on, made into batches."""
