"""What changes: seals, findings, cases, rules."""
