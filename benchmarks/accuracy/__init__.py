"""How true history is: a simulated centre is watched at several intervals and held against its own truth."""
