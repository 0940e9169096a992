"""Plans, problems, status and drift as text for people and JSON for programs: values in, text out, nothing printed."""
