"""Drives the platform from outside, as people and devices do: pages, mails, text messages, the terminal's API."""
