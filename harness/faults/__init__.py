"""One fault, one file.  Dropping a file here is the whole change: the contract tests pick it up.

Scenarios import a fault from its own module.
"""
