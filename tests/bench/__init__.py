"""The figures that chaindrill is held to; not a test: `make bench` prints them, with the machine they are from."""
