"""What equal trainers earn where more have joined than a round takes."""
