"""A simulated call centre that speaks the vendor's API, for demonstrations and for tests."""

INSTALL_HINT = (
    "the simulator needs simpy, which is not installed: run pip install '.[demo]' in the repository"
)
