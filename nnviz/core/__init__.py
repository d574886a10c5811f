"""Pure values: descriptions, traces, playback, curves, commands and facts. Standard library and numpy only."""
