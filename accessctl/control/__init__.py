"""How programs on one machine ask the door, or the hub, that runs there: a private socket."""
