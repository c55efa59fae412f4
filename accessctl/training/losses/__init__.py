"""Training losses, one a file; `registry` finds them by name."""
