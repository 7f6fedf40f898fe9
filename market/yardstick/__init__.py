"""The rows that a project is measured with: committed, shown to arbiters, and looked at by them."""
