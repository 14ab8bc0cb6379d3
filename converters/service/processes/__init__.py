"""The work of the service: the processes it is done in, and what is done there."""
