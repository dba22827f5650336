"""The inbox: briefs that are dropped into a folder or a bucket become campaigns, each once."""
