"""The trail for programs, through the same gates and selectors as its pages."""
