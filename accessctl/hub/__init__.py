"""The one service of a site with many doors: who they are, and what happened at each of them."""
