"""What pages and API show of accounts and organisations, put into words."""
