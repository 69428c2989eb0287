"""Programs that measure, and the attacks they measure against. Not part of the installed package."""
