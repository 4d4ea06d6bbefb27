"""The chassis: a small library that makes nameko fit for money. Mechanism only, not one business word."""
