"""Which pairs and triplets of a batch to learn from."""
