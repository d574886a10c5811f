"""Pure values: descriptions, traces, playback, curves and commands. Standard library and numpy only."""
