"""Invoices, payments, plans and claims."""
