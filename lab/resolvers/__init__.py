"""One file per vendor, found by name: `VENDOR` in each."""
