"""What a project is about: the owner's TOML, and the document that everybody else reads."""
