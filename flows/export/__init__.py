"""Bulk export: ads under readable names, an ad platform's sheet beside them, and what to take down."""
