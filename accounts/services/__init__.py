"""What people do with accounts and organisations."""
