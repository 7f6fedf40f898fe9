"""The next model's commitment: added up by the contract, or proven in the circuit."""
