"""What rules look at of each type of resource, as few calls as AWS allows."""
