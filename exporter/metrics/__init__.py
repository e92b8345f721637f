"""The metrics: a catalogue of every family, and how a view of an account becomes samples of them."""
