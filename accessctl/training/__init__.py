"""Train a one-shot face encoder: data, augmentation, losses, mining, the run and its export."""
