"""A door's part of a site: how it joins the hub, and how its event log gets there."""
