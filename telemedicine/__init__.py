"""Availability, appointments and visits."""
