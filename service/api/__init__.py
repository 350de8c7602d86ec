"""HTTP: the routes, the problems, the layers around them, and the published schema."""
