"""The network view: layout and hit-testing are pure geometry, items paint."""
