"""What changes records and consents."""
