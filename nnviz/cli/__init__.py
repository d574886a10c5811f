"""The command line: what can be done without a window, and pictures of the window."""
