"""The page in a browser for whoever runs the doors; the hub serves it on a port of its own."""
