"""A consumer of verified MessageMedia events: Lambda on the FIFO queue."""
