"""What the vendor says: its answers as typed snapshots, and the names of its failures."""
