"""Campaigns without a person: schedules, the inbox and their runs on Prefect."""
