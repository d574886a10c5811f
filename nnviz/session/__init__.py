"""Between the threads: the worker that trains, and the session that the window talks to."""
