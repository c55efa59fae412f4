"""Films of living people and attacks, shown to the door as it ships; see liveness_films."""
