"""The window: widgets that paint frames and voice intents. Knows core and session; never torch, never the engine."""
