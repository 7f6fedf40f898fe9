"""The demonstration: a local network, and the commands of all roles as separate processes."""
