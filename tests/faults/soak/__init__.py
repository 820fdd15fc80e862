"""Three real nodes under load, to which faults are done at random for as long as one likes: `make soak`."""
