"""Pages of patients and of those they share with."""
