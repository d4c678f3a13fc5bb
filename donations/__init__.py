"""Campaigns, contributions, milestones and spending."""
