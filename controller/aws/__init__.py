"""boto3 lives here and nowhere else: one module for each role that AWS plays. Reads are data, refusals included."""
