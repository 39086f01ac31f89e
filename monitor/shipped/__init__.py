"""Files that the installed package carries."""
