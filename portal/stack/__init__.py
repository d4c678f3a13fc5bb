"""The embedded stack: real servers for a laptop, a demo and the tests, and what supervises them.

Nothing in here imports Django, so that it can run before the settings can be read.
"""
