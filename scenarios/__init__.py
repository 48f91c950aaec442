"""What we claim: one file, one story.  A file here is found by its name; nothing is registered."""
