"""What is told and what waits, in Azurite."""
