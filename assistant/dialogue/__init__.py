"""What to say: answer, ask back, or hand over to a person. Pure functions, standard library only."""
