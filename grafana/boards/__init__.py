"""The boards, one module each (the live board: one for its numbers and tables, one for its graphs)."""
