"""What the door promises to cost, one row of the table a module."""
