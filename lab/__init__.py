"""What runs: Docker, BIND, resolvers, time.  Knows no fault and no verdict."""
