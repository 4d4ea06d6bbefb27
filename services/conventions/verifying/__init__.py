"""Checking an evidence pack: offline, without configuration, database or bus."""
