"""Running work in other processes, and keeping what comes of it; nothing here knows what the work is."""
