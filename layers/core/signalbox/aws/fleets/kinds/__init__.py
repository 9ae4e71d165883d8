"""One adapter for each kind of resource."""
