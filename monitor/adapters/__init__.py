"""Effects: one third-party library a file."""
