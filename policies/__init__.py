"""Data, not code: safety policies, lexicons and public figures, each beside the schema of its files."""
