"""Every call to AWS. Each module implements a port; nobody else imports boto3."""
