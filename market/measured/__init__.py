"""Projects whose models are measured round by round: what their participants share."""
