"""FHIR search over what is encrypted: extracting values, hashing them, and finding by them."""
