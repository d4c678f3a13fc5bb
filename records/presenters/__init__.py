"""Turning resources into words."""
