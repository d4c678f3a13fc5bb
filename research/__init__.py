"""Studies, data-use consent, releases and rewards."""
