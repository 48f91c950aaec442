"""Rehearsals: one file, one planned change."""
