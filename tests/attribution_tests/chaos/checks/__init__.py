"""What is checked: the evidence of a trial, the checkers, and the observations while it runs."""
