"""A project's terms in words, for who has to decide whether to take part."""
