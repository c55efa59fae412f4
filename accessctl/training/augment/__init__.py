"""What happens to faces at a door, done to training faces: pure functions of an image and a
`numpy.random.Generator`."""
