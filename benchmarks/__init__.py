"""Speed and coverage, measured side by side: what README.md beside this file reports."""
