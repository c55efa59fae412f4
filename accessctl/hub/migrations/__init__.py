"""How one version of the hub's tables becomes the next, in Alembic's terms."""
